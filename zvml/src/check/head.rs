//! The items of a command's head.

use super::{Check, Checker, Reported};
use crate::ast::{Command, Item, ItemValue, Name};
use crate::typed::Head;
use crate::{Code, Span, near};
use zvm::{Access, Docs, Example, Param, ParamType, Protocol, Returns, RunWhere};

impl<'s> Checker<'s, '_> {
    pub(super) fn head(&mut self, line: u32, command: &Command<'s>) -> Check<Head> {
        let duplicates = self.duplicate_items(command);
        let complete = self.complete(command);
        let mut name = String::from(command.name.text);
        let mut span = command.name.span;
        if let Some(subcommand) = command.subcommand {
            name.push(' ');
            name.push_str(subcommand.text);
            span = span.to(subcommand.span);
        }
        if name.len() > NAME_LEN_MAX {
            let message = format!("a command's name has at most {NAME_LEN_MAX} bytes");
            return Err(self.report(Code::TooLong, span, message));
        }
        let protocol = self.optional_word(command, "protocol", &Protocol::NAMES, Protocol::Resp);
        let cased = self.command_case(command, protocol.as_ref().ok().copied());
        let access = self.access(command);
        let run_where = self.required_word(command, "run_where", &RunWhere::NAMES);
        let returns = self.required_word(command, "returns", &Returns::NAMES);
        // It says how a machine would reach the value, which this one finds out by itself.
        let pre_access = self.optional_word(command, "pre_access", &[("value_ptr", ())], ());
        let mut constants = Vec::new();
        let signature = self.signature(command, &mut constants);
        let docs = self.docs(command);
        duplicates?;
        complete?;
        cased?;
        pre_access?;
        let head = Head {
            span,
            name: name.into(),
            protocol: protocol?,
            access: access?,
            run_where: run_where?,
            returns: returns?,
            signature: signature?,
            constants,
            docs: docs?,
            line,
        };
        self.placement(command, &head)?;
        Ok(head)
    }

    fn duplicate_items(&mut self, command: &Command<'s>) -> Check<()> {
        let mut result = Ok(());
        for (index, item) in command.items.iter().enumerate() {
            let earlier = command.items.iter().take(index);
            if !matches!(item.key.text, "example" | "conflict")
                && earlier.into_iter().any(|other| other.key.text == item.key.text)
            {
                let message = format!("`{}` is given twice", item.key.text);
                result = Err(self.report(Code::DuplicateItem, item.key.span, message));
            }
        }
        result
    }

    /// Redis' commands are declared in capitals, memcached's in small letters, as their manuals
    /// write them.
    fn command_case(&mut self, command: &Command<'s>, protocol: Option<Protocol>) -> Check<()> {
        let wrong = |name: &Name<'_>| {
            name.text.bytes().any(|byte| match protocol {
                Some(Protocol::Resp) => byte.is_ascii_lowercase(),
                Some(Protocol::Memcached) => byte.is_ascii_uppercase(),
                _ => false,
            })
        };
        let mut names = std::iter::once(&command.name).chain(command.subcommand.as_ref());
        let Some(name) = names.find(|name| wrong(name)) else { return Ok(()) };
        let case = if protocol == Some(Protocol::Resp) { "capitals" } else { "small letters" };
        let message = format!("this protocol's commands are declared in {case}");
        Err(self.report(Code::UnknownWord, name.span, message))
    }

    fn access(&mut self, command: &Command<'s>) -> Check<Access> {
        let Some(item) = find(command, "access") else {
            return Err(Reported);
        };
        let [read, write, stats, admin] = Access::NAMES;
        let names = [read, write, stats, admin, ("any", Access::NONE)];
        let mut access = Access::NONE;
        for word in words(item) {
            access = access.union(self.word(*word, "access", &names)?);
        }
        Ok(access)
    }

    fn optional_word<T: Copy>(
        &mut self,
        command: &Command<'s>,
        key: &str,
        names: &[(&'static str, T)],
        default: T,
    ) -> Check<T> {
        if find(command, key).is_none() {
            return Ok(default);
        }
        self.required_word(command, key, names)
    }

    pub(super) fn required_word<T: Copy>(
        &mut self,
        command: &Command<'s>,
        key: &str,
        names: &[(&'static str, T)],
    ) -> Check<T> {
        let Some(item) = find(command, key) else { return Err(Reported) };
        match words(item) {
            [word] => self.word(*word, key, names),
            [_, second, ..] => {
                let message = format!("`{key}` is one word");
                Err(self.report(Code::UnknownWord, second.span, message))
            }
            [] => Err(Reported),
        }
    }

    /// A word of a list; `returns` and types are written `Integer`, everything else `READ`.
    fn word<T: Copy>(
        &mut self,
        word: Name<'s>,
        key: &str,
        names: &[(&'static str, T)],
    ) -> Check<T> {
        let written = |name: &str| written(key, name);
        let found = names.iter().find(|(name, _)| written(name) == word.text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let all: Vec<String> = names.iter().map(|(name, _)| written(name)).collect();
            let message = format!("`{}` is no {key}", word.text);
            let hint = near::nearest(word.text, all.iter().map(String::as_str)).map_or_else(
                || format!("it is one of {}", all.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.hinted(Code::UnknownWord, word.span, message, hint)
        })
    }

    /// Reports the items that every command has and this one has not.
    fn complete(&mut self, command: &Command<'s>) -> Check<()> {
        let missing = REQUIRED.iter().filter(|key| find(command, key).is_none());
        let missing: Vec<String> = missing.map(|key| format!("`{key}`")).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("the command has no {}", missing.join(", "));
        Err(self.report(Code::MissingItem, command.name.span, message))
    }

    fn docs(&mut self, command: &Command<'s>) -> Check<Docs> {
        let summary = command.docs.map_or("", |docs| summary(docs.text));
        let mut examples = Vec::new();
        let items = if self.examples { command.items.as_slice() } else { &[] };
        for item in items {
            if let ItemValue::Example(request, reply) = &item.value {
                let (request_text, reply) = (self.text(*request)?, self.text(*reply)?);
                self.example_names_command(command, &request_text, request.span)?;
                examples.push(Example { request: request_text, reply });
            }
        }
        Ok(Docs {
            summary: summary.into(),
            since: self.text_item(command, "since")?,
            group: self.text_item(command, "group")?,
            complexity: self.text_item(command, "complexity")?,
            examples,
        })
    }

    fn text_item(&mut self, command: &Command<'s>, key: &str) -> Check<Box<str>> {
        match find(command, key).map(|item| &item.value) {
            Some(ItemValue::Text(text)) => self.text(*text),
            _ => Ok(Box::from("")),
        }
    }

    fn example_names_command(
        &mut self,
        command: &Command<'s>,
        request: &str,
        span: Span,
    ) -> Check<()> {
        // Requests before and behind it, that prepare it or show its effect, are separated by
        // semicolons.
        let calls = request.split(';').any(|request| {
            let mut words = request.split_whitespace();
            words.next() == Some(command.name.text)
                && command.subcommand.is_none_or(|name| words.next() == Some(name.text))
        });
        if calls {
            return Ok(());
        }
        Err(self.report(Code::BadExample, span, "the example does not call this command"))
    }

    /// Whether parameters and `returns` fit the place where the command runs.
    fn placement(&mut self, command: &Command<'s>, head: &Head) -> Check<()> {
        let has = |param: &Param, ty| param.items.iter().any(|item| item.ty == ty);
        let params = &head.signature.params;
        let keys = params.iter().filter(|param| has(param, ParamType::Key)).count();
        let cursors = params.iter().filter(|param| has(param, ParamType::Cursor)).count();
        let variadic = head.signature.list().is_some_and(|param| has(param, ParamType::Key));
        let complaint = match head.run_where {
            RunWhere::One if (keys == 0 && cursors == 0) || cursors > 1 => {
                Some("a command with keys, or with one cursor, which say the shard")
            }
            RunWhere::Keys | RunWhere::Each if keys != 1 || !variadic => {
                Some("a command whose variadic parameter holds its keys")
            }
            RunWhere::All if keys > 0 => Some("a command without keys"),
            _ => None,
        };
        if let Some(complaint) = complaint {
            let span = find(command, "run_where").map_or(head.span, |item| item_span(item));
            let message = format!("this place is for {complaint}");
            return Err(self.report(Code::RunWhere, span, message));
        }
        let combined = matches!(head.run_where, RunWhere::Keys | RunWhere::Each | RunWhere::All);
        let combines = matches!(
            head.returns,
            Returns::Integer | Returns::Status | Returns::Array | Returns::Items
        ) || (head.run_where, head.returns) == (RunWhere::All, Returns::Bytes);
        if combined && !combines {
            let span = find(command, "returns").map_or(head.span, |item| item_span(item));
            return Err(self.hinted(
                Code::RunWhere,
                span,
                "replies of several shards cannot be combined to this",
                "KEYS, EACH and ALL return Status, Integer, Array or Items, and ALL Bytes",
            ));
        }
        Ok(())
    }
}

pub(super) fn find<'c, 's>(command: &'c Command<'s>, key: &str) -> Option<&'c Item<'s>> {
    command.items.iter().find(|item| item.key.text == key)
}

fn words<'c, 's>(item: &'c Item<'s>) -> &'c [Name<'s>] {
    match &item.value {
        ItemValue::Words(words) => words,
        _ => &[],
    }
}

fn item_span(item: &Item<'_>) -> Span {
    words(item).first().map_or(item.key.span, |word| word.span)
}

/// How a source writes one of zvm's names.
fn written(key: &str, name: &str) -> String {
    if key != "returns" {
        return name.to_ascii_uppercase();
    }
    let mut text = name.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// What every command has.
const REQUIRED: &[&str] = &["access", "run_where", "params", "returns", "body"];

/// The verifier's bound.
const NAME_LEN_MAX: usize = 128;

/// The first line of a documentation token.
fn summary(docs: &str) -> &str {
    docs.lines().next().unwrap_or("").trim_start_matches('/').trim()
}
