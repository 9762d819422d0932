//! Parameters and options: the signature, and the names that the body sees.

use super::head::find;
use super::scope::Variadic;
use super::{Check, Checker, Reported};
use crate::ast::{
    self, Command, Count, Expr, ExprKind, ItemValue, Literal, Name, OptionWord, ParamShape,
};
use crate::typed::{Origin, ValueType};
use crate::{Code, near};
use zvm::{
    Again, Conflict, Counted, DecodeOrder, DefaultValue, Item, Multiplicity, OptionGroup,
    OptionSpec, Param, ParamType, Signature, Type,
};

impl<'s> Checker<'s, '_> {
    /// The signature of a command. Byte strings that it names by number go to `constants`.
    pub(super) fn signature(
        &mut self,
        command: &Command<'s>,
        constants: &mut Vec<Box<[u8]>>,
    ) -> Check<Signature> {
        let mut signature = Signature::default();
        let mut registers = 0_usize;
        let item = find(command, "params").map(|item| &item.value);
        let Some(ItemValue::Params(params)) = item else { return Err(Reported) };
        let mark = params.options;
        let params = params.list.as_slice();
        let options = match find(command, "opts").map(|item| &item.value) {
            Some(ItemValue::Options(options)) => Some(options),
            _ => None,
        };
        let mut result = self.parameter_order(params);
        if result.is_ok() {
            result = self.options_place(params, mark, options.is_some());
        }
        signature.options_before = mark
            .filter(|(before, _)| *before < params.len())
            .and_then(|(n, _)| u8::try_from(n).ok());
        for (number, param) in params.iter().enumerate() {
            let before = params.get(..number).unwrap_or(&[]);
            match self.param(param, before, constants, &mut registers) {
                Ok(param) => signature.params.push(param),
                Err(reported) => result = Err(reported),
            }
        }
        if let Some(options) = options {
            match self.options(options, params, &mut registers) {
                Ok(groups) => signature.groups = groups,
                Err(reported) => result = Err(reported),
            }
            signature.unknown_option =
                options.unknown.map(|text| self.unknown_option(text)).transpose()?;
        }
        for item in &command.items {
            if let (ItemValue::Conflict(conflict), Ok(())) = (&item.value, &result) {
                let conflict = self.conflict(conflict, &signature.groups)?;
                signature.conflicts.push(conflict);
            }
        }
        if find(command, "decode").is_some() {
            signature.order = self.required_word(command, "decode", &DecodeOrder::NAMES)?;
        }
        result.map(|()| signature)
    }

    /// Which argument is which must follow from their number, or from what is read before: at most
    /// one list, optional parameters last and not beside it.
    fn parameter_order(&mut self, params: &[ast::Param<'s>]) -> Check<()> {
        let many = |param: &&ast::Param<'s>| {
            matches!(param.count, Count::Many | Count::Any | Count::Counted(_))
        };
        let may_lack =
            |param: &ast::Param<'s>| matches!(param.count, Count::Optional | Count::Default(_));
        if let Some(extra) = params.get(PARAMS_MAX) {
            let message = format!("a command has at most {PARAMS_MAX} parameters");
            return Err(self.report(Code::TooManyRegisters, extra.name.span, message));
        }
        let variadic = params.iter().find(many);
        if let Some(second) = params.iter().filter(many).nth(1) {
            let message = "a command has at most one variadic or counted parameter";
            return Err(self.report(Code::ParameterOrder, second.name.span, message));
        }
        let mut lacking = false;
        for param in params {
            let late = lacking && matches!(param.count, Count::Once);
            lacking |= may_lack(param);
            if late || (may_lack(param) && variadic.is_some()) {
                let message = "optional parameters stand last, and not beside a list";
                return Err(self.report(Code::ParameterOrder, param.name.span, message));
            }
        }
        Ok(())
    }

    /// Options stand behind everything, or where `opts` says: then before the values that nobody
    /// counts, and behind nothing that may be missing.
    fn options_place(
        &mut self,
        params: &[ast::Param<'s>],
        mark: Option<(usize, crate::Span)>,
        options: bool,
    ) -> Check<()> {
        let Some((before, span)) = mark else {
            let variadic =
                params.iter().find(|param| matches!(param.count, Count::Many | Count::Any));
            let Some(variadic) = variadic.filter(|_| options) else { return Ok(()) };
            return Err(self.hinted(
                Code::ParameterOrder,
                variadic.name.span,
                "options cannot be told from the values of a variadic parameter",
                "`opts` before it among the parameters lets them stand there",
            ));
        };
        if !options {
            let message = "the command has no options that could stand here";
            return Err(self.report(Code::ParameterOrder, span, message));
        }
        let passed = params.get(..before).unwrap_or(params);
        let behind_all = before == params.len();
        let is_late = |param: &&ast::Param<'s>| match &param.count {
            Count::Counted(counter) => passed.iter().all(|it| it.name.text != counter.by.text),
            _ => false,
        };
        if let (Some(param), false) = (params.iter().find(is_late), behind_all) {
            let message = "what counts these stands before the options";
            return Err(self.report(Code::ParameterOrder, param.name.span, message));
        }
        if let (Some(param), false) =
            (passed.iter().find(|param| !matches!(param.count, Count::Once)), behind_all)
        {
            let message = "here options stand behind parameters that stand once";
            return Err(self.report(Code::ParameterOrder, param.name.span, message));
        }
        Ok(())
    }

    /// What counts a parameter: an integer that stands once, before it.
    fn counter(&mut self, counter: &ast::Counter<'s>, before: &[ast::Param<'s>]) -> Check<Counted> {
        let by = before.iter().position(|param| {
            let integer = match &param.shape {
                ParamShape::One(ty) => matches!(ty.text, "Integer"),
                ParamShape::Group(_) => false,
            };
            param.name.text == counter.by.text && integer && matches!(param.count, Count::Once)
        });
        let Some(by) = by.and_then(|by| u8::try_from(by).ok()) else {
            let message = "values are counted by an Integer that stands once, before them";
            return Err(self.report(Code::ParameterOrder, counter.by.span, message));
        };
        let none = counter.none.map(|text| self.error_string(text)).transpose()?;
        let beyond = counter.beyond.map(|text| self.error_string(text)).transpose()?;
        Ok(Counted { by, none, beyond })
    }

    fn conflict(
        &mut self,
        conflict: &ast::Conflict<'s>,
        groups: &[OptionGroup],
    ) -> Check<Conflict> {
        let mut sides = [Vec::new(), Vec::new()];
        for (numbers, words) in sides.iter_mut().zip(&conflict.sides) {
            for word in words {
                let mut options = groups.iter().flat_map(|group| &group.options);
                let number = options
                    .position(|option| option.words.first().is_some_and(|w| **w == *word.text));
                let Some(number) = number.and_then(|number| u8::try_from(number).ok()) else {
                    let message = format!("there is no option `{}`", word.text);
                    return Err(self.report(Code::BadOptions, word.span, message));
                };
                numbers.push(number);
            }
        }
        Ok(Conflict { sides, error: self.error_string(conflict.error)? })
    }

    fn error_string(&mut self, text: Literal<'s>) -> Check<Box<str>> {
        let bytes = self.error_text(text)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned().into_boxed_str())
    }

    fn param(
        &mut self,
        param: &ast::Param<'s>,
        before: &[ast::Param<'s>],
        constants: &mut Vec<Box<[u8]>>,
        registers: &mut usize,
    ) -> Check<Param> {
        self.check_unknown_name(param.name)?;
        let items = match &param.shape {
            ParamShape::One(_) => vec![self.item(param)?],
            ParamShape::Group(members) => {
                if !(1..=GROUP_LEN_MAX).contains(&members.len()) {
                    let message = format!("a group consists of 1 to {GROUP_LEN_MAX} parameters");
                    return Err(self.report(Code::ParameterOrder, param.name.span, message));
                }
                members.iter().map(|member| self.member(member)).collect::<Check<_>>()?
            }
        };
        let types = items.iter().map(|item: &Item| ValueType::of(item.ty.register_type()));
        if matches!(param.count, Count::Many | Count::Any | Count::Counted(_)) {
            self.scope.variadic = Some(Variadic { name: param.name.text, group: types.collect() });
        } else {
            let names: Vec<Name<'s>> = match &param.shape {
                ParamShape::One(_) => vec![param.name],
                ParamShape::Group(members) => members.iter().map(|member| member.name).collect(),
            };
            for (name, ty) in names.into_iter().zip(types) {
                let ty = ValueType { optional: matches!(param.count, Count::Optional), ..ty };
                self.check_unknown_name(name)?;
                self.declare_parameter(name, ty, registers)?;
            }
        }
        let multiplicity = match &param.count {
            Count::Once => Multiplicity::Once,
            Count::Optional => Multiplicity::Optional,
            Count::Many => Multiplicity::Variadic,
            Count::Any => Multiplicity::VariadicOptional,
            Count::Counted(counter) => Multiplicity::Counted(self.counter(counter, before)?),
            Count::Default(value) => {
                let ty = items.first().map_or(ParamType::Bytes, |item| item.ty);
                Multiplicity::Default(self.default_value(value, ty, constants)?)
            }
        };
        Ok(Param { multiplicity, items })
    }

    /// A member of a group, or an operand of an option: one value, always there.
    fn member(&mut self, member: &ast::Param<'s>) -> Check<Item> {
        let plain = matches!(member.count, Count::Once);
        if !plain || matches!(member.shape, ParamShape::Group(_)) {
            let message = "here each parameter stands for one value";
            return Err(self.report(Code::ParameterOrder, member.name.span, message));
        }
        self.item(member)
    }

    fn item(&mut self, param: &ast::Param<'s>) -> Check<Item> {
        let ParamShape::One(ty) = &param.shape else {
            let message = "groups do not nest";
            return Err(self.report(Code::ParameterOrder, param.name.span, message));
        };
        let ty = self.param_type(*ty)?;
        let error = match param.error {
            Some(text) => Some(self.error_string(text)?),
            None => None,
        };
        Ok(Item { name: param.name.text.into(), ty, error })
    }

    fn param_type(&mut self, name: Name<'s>) -> Check<ParamType> {
        let found = TYPES.iter().find(|(text, _)| *text == name.text);
        found.map(|(_, ty)| *ty).ok_or_else(|| {
            let names = TYPES.iter().map(|(text, _)| *text);
            let all: Vec<&str> = names.clone().collect();
            let hint = near::nearest(name.text, names).map_or_else(
                || format!("the types are {}", all.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("there is no type `{}`", name.text);
            self.hinted(Code::UnknownType, name.span, message, hint)
        })
    }

    fn default_value(
        &mut self,
        value: &Expr<'s>,
        ty: ParamType,
        constants: &mut Vec<Box<[u8]>>,
    ) -> Check<DefaultValue> {
        match (&value.kind, ty) {
            (ExprKind::Integer(value), ParamType::Integer) => Ok(DefaultValue::Integer(*value)),
            (ExprKind::Integer(value @ 0..), ParamType::Cursor | ParamType::Flags) => {
                Ok(DefaultValue::Integer(*value))
            }
            (ExprKind::String(text), ParamType::Bytes) => {
                let bytes = self.bytes(*text)?;
                // Equal constants stand once in a program.
                let known = constants.iter().position(|known| *known == bytes);
                let index = known.unwrap_or(constants.len());
                if known.is_none() {
                    constants.push(bytes);
                }
                Ok(DefaultValue::Constant(u16::try_from(index).unwrap_or(u16::MAX)))
            }
            _ => Err(self.report(
                Code::TypeMismatch,
                value.span,
                "a default is a literal of the parameter's type",
            )),
        }
    }

    fn options(
        &mut self,
        options: &ast::Options<'s>,
        params: &[ast::Param<'s>],
        registers: &mut usize,
    ) -> Check<Vec<OptionGroup>> {
        if let Some(extra) = options.groups.get(OPTION_GROUPS_MAX) {
            let message = format!("a command has at most {OPTION_GROUPS_MAX} groups of options");
            return Err(self.report(Code::BadOptions, extra.span, message));
        }
        let mut seen: Vec<Vec<&'s str>> = Vec::new();
        let mut result = Vec::with_capacity(options.groups.len());
        let mut failed = None;
        for group in &options.groups {
            let mut specs = Vec::with_capacity(group.alternatives.len());
            for option in &group.alternatives {
                let again = group.again;
                match self.option(option, (again, params), &mut seen, registers) {
                    Ok(spec) => specs.push(spec),
                    Err(reported) => failed = Some(reported),
                }
            }
            result.push(OptionGroup { options: specs, again: group.again });
        }
        failed.map_or(Ok(result), Err)
    }

    fn option(
        &mut self,
        option: &OptionWord<'s>,
        (again, params): (Again, &[ast::Param<'s>]),
        seen: &mut Vec<Vec<&'s str>>,
        registers: &mut usize,
    ) -> Check<OptionSpec> {
        let words: Vec<&'s str> = option.words.iter().map(|word| word.text).collect();
        let span = option.words.iter().map(|word| word.span).reduce(|a, b| a.to(b));
        let span = span.unwrap_or_default();
        if let Some(word) =
            option.words.iter().find(|word| word.text.bytes().any(|b| b.is_ascii_lowercase()))
        {
            return Err(self.hinted(
                Code::BadOptions,
                word.span,
                "the words of an option are written in capitals",
                "an operand has a type behind it: `EX seconds: Integer`",
            ));
        }
        if seen.iter().any(|other| other.starts_with(&words) || words.starts_with(other)) {
            let message = format!("`{}` cannot be told from another option", words.join(" "));
            return Err(self.report(Code::BadOptions, span, message));
        }
        seen.push(words.clone());
        let name = words.join("_").to_ascii_lowercase().replace('-', "_");
        // What a loop over options meets has its names there.
        let has_registers = again != Again::Each;
        if option.operands.is_empty() && has_registers {
            if self.scope.knows(&name) {
                let message = format!("there is something called `{name}` already");
                return Err(self.report(Code::DuplicateName, span, message));
            }
            let register = self.register(span, registers)?;
            self.scope.declare(name.clone(), ValueType::BOOL, Origin::Parameter(register));
        }
        if let Some(extra) = option.operands.get(GROUP_LEN_MAX) {
            let message = format!("an option has at most {GROUP_LEN_MAX} operands");
            return Err(self.report(Code::BadOptions, extra.name.span, message));
        }
        let mut operands = Vec::with_capacity(option.operands.len());
        let counted_by = self.counted_operand(option, has_registers, params)?;
        for operand in &option.operands {
            self.check_unknown_name(operand.name)?;
            let item =
                if counted_by.is_some() { self.item(operand)? } else { self.member(operand)? };
            if item.ty == ParamType::Key {
                let message = "an option's operand cannot be a key";
                return Err(self.report(Code::BadOptions, operand.name.span, message));
            }
            if counted_by.is_some() && item.ty != ParamType::Float {
                let message = "a counted operand is a Float";
                return Err(self.report(Code::BadOptions, operand.name.span, message));
            }
            if has_registers {
                let ty = if counted_by.is_some() { Type::List } else { item.ty.register_type() };
                let ty = ValueType { ty, optional: true };
                self.declare_parameter(operand.name, ty, registers)?;
            }
            operands.push(item);
        }
        Ok(OptionSpec {
            name: name.into(),
            words: words.into_iter().map(Box::from).collect(),
            operands,
            counted_by,
        })
    }

    /// The number of the parameter that counts the one operand of an option, if one does: it
    /// counts the list, too.
    fn counted_operand(
        &mut self,
        option: &OptionWord<'s>,
        may_count: bool,
        params: &[ast::Param<'s>],
    ) -> Check<Option<u8>> {
        let counted = option.operands.iter().find_map(|operand| match &operand.count {
            Count::Counted(counter) => Some((operand, counter)),
            _ => None,
        });
        let Some((operand, counter)) = counted else { return Ok(None) };
        let counts_list = params.iter().any(
            |param| matches!(&param.count, Count::Counted(list) if list.by.text == counter.by.text),
        );
        let plain = counter.none.is_none() && counter.beyond.is_none();
        let number = params.iter().position(|param| param.name.text == counter.by.text);
        match number.and_then(|number| u8::try_from(number).ok()) {
            Some(number) if counts_list && plain && may_count && option.operands.len() == 1 => {
                Ok(Some(number))
            }
            _ => Err(self.hinted(
                Code::BadOptions,
                operand.name.span,
                "a counted operand is the only one, and counted by what counts the list",
                "for example `keys: Key[numkeys]` and `[WEIGHTS weights: Float[numkeys]]`",
            )),
        }
    }

    /// The text about an unknown option, with a `{}` that stands for it.
    fn unknown_option(&mut self, text: Literal<'s>) -> Check<Box<str>> {
        let bytes = self.error_text(text)?;
        let all = String::from_utf8_lossy(&bytes);
        if all.matches("{}").count() == 1 {
            return Ok(all.into());
        }
        let message = "this text has one `{}` in it, where the unknown word goes";
        Err(self.report(Code::BadReplyText, text.span, message))
    }

    fn declare_parameter(
        &mut self,
        name: Name<'s>,
        ty: ValueType,
        registers: &mut usize,
    ) -> Check<()> {
        let register = self.register(name.span, registers)?;
        self.scope.declare(name.text, ty, Origin::Parameter(register));
        Ok(())
    }

    fn register(&mut self, span: crate::Span, registers: &mut usize) -> Check<u8> {
        let register = u8::try_from(*registers).ok().filter(|register| *register < PARAMETERS_MAX);
        *registers += 1;
        register.ok_or_else(|| {
            let message = format!("parameters and options take at most {PARAMETERS_MAX} registers");
            self.report(Code::TooManyRegisters, span, message)
        })
    }

    /// Reports a name that is taken.
    pub(super) fn check_unknown_name(&mut self, name: Name<'s>) -> Check<()> {
        if !self.scope.knows(name.text) {
            return Ok(());
        }
        let message = format!("there is something called `{}` already", name.text);
        Err(self.report(Code::DuplicateName, name.span, message))
    }
}

/// The types of parameters, as the language calls them. The last three say more to a reader.
pub(crate) const TYPES: &[(&str, ParamType)] = &[
    ("Key", ParamType::Key),
    ("Bytes", ParamType::Bytes),
    ("Integer", ParamType::Integer),
    ("Float", ParamType::Float),
    ("Cursor", ParamType::Cursor),
    ("Flags", ParamType::Flags),
    ("Seconds", ParamType::Integer),
    ("Millis", ParamType::Integer),
    ("String", ParamType::Bytes),
];

/// As many as a request's decoding keeps track of.
const OPTION_GROUPS_MAX: usize = 16;

/// The verifier's bound.
const PARAMS_MAX: usize = 64;

/// The verifier's bound.
const GROUP_LEN_MAX: usize = 16;

/// Parameters, options and operands; leaves room for variables among 255 registers.
const PARAMETERS_MAX: u8 = 128;
