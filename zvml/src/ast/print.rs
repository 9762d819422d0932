//! The syntax tree as text: one node a line, children indented. For tests and for people.

use super::{
    Aggregate, Block, Command, Condition, Count, ErrorText, Expr, ExprKind, Handler, HandlerKind,
    ItemValue, Literal, Module, Name, OptionGroup, Over, Param, ParamShape, Params, Reply,
    ReplyKind, Requirement, Statement, StatementKind, Test, Value,
};
use std::fmt::Write as _;
use zvm::Again;

/// Prints what a file declares: metas, templates and their instantiations, commands.
pub(crate) fn print(module: &Module<'_>) -> String {
    let mut printer = Printer { out: String::new(), depth: 0 };
    for meta in &module.metas {
        printer.line(&format!("meta {}({})", meta.name.text, names(&meta.params)));
        printer.block(&meta.body);
    }
    for template in &module.templates {
        printer.line(&format!("template {}<{}>", template.name.text, names(&template.params)));
    }
    for instance in &module.instances {
        let args = names(&instance.args);
        printer.line(&format!("instantiate {}<{args}>", instance.template.text));
    }
    for command in &module.commands {
        printer.command(command);
    }
    printer.out
}

struct Printer {
    out: String,
    depth: usize,
}

impl Printer {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:width$}{text}", "", width = self.depth * 2);
    }

    fn indented(&mut self, print: impl FnOnce(&mut Self)) {
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    fn command(&mut self, command: &Command<'_>) {
        let subcommand = command.subcommand.map_or(String::new(), |name| format!(" {}", name.text));
        self.line(&format!("command {}{subcommand}", command.name.text));
        self.indented(|printer| {
            if let Some(docs) = command.docs {
                printer.line(&format!("docs {:?}", docs.text));
            }
            for item in &command.items {
                printer.item(item.key.text, &item.value);
            }
        });
    }

    fn item(&mut self, key: &str, value: &ItemValue<'_>) {
        match value {
            ItemValue::Words(words) => {
                let words: Vec<&str> = words.iter().map(|word| word.text).collect();
                self.line(&format!("{key} {}", words.join(" | ")));
            }
            ItemValue::Text(text) => self.line(&format!("{key} {}", text.text)),
            ItemValue::Example(call, reply) => {
                self.line(&format!("{key} {} -> {}", call.text, reply.text));
            }
            ItemValue::Params(Params { list, options }) => {
                let mut list: Vec<String> = list.iter().map(param).collect();
                if let Some((before, _)) = options {
                    list.insert(*before, "opts".to_owned());
                }
                self.line(&format!("{key} ({})", list.join(", ")));
            }
            ItemValue::Conflict(conflict) => {
                let [left, right] = conflict
                    .sides
                    .each_ref()
                    .map(|side| side.iter().map(|word| word.text).collect::<Vec<_>>().join(" | "));
                let error = or_error(Some(conflict.error));
                self.line(&format!("{key} ({left}, {right}){error}"));
            }
            ItemValue::Options(options) => {
                let groups: Vec<String> = options.groups.iter().map(option_group).collect();
                let unknown = or_error(options.unknown);
                self.line(&format!("{key} {}{unknown}", groups.join(" ")));
            }
            ItemValue::Pre(requirements) => {
                self.line(key);
                self.indented(|printer| {
                    for requirement in requirements {
                        match requirement {
                            Requirement::Condition(it) => printer.line(&condition(it)),
                            Requirement::Call(it) => printer.statement(it),
                        }
                    }
                });
            }
            ItemValue::Body(block) => {
                self.line(key);
                self.block(block);
            }
        }
    }

    fn block(&mut self, block: &Block<'_>) {
        self.indented(|printer| {
            for statement in &block.statements {
                printer.statement(statement);
            }
        });
    }

    fn statement(&mut self, statement: &Statement<'_>) {
        match &statement.kind {
            StatementKind::Let { name, value: it } => {
                self.line(&format!("let {} = {}", name.text, value(it)));
            }
            StatementKind::Assign { name, value: it } => {
                self.line(&format!("set {} = {}", name.text, value(it)));
            }
            StatementKind::If { test, then, otherwise } => {
                self.line(&match test {
                    Test::Holds(it) => format!("if {}", expr(it)),
                    Test::Present(name, it) => format!("if let {} = {}", name.text, expr(it)),
                });
                self.block(then);
                if let Some(block) = otherwise {
                    self.line("else");
                    self.block(block);
                }
            }
            StatementKind::For { names, over, beside, body } => {
                let over = match over {
                    Over::List(name) => name.text.to_owned(),
                    Over::Range(low, high) => format!("{}..{}", expr(low), expr(high)),
                    Over::Elements(call) => expr(call),
                };
                let beside = beside.map_or_else(String::new, |beside| {
                    format!(" with {} in {}", beside.name.text, beside.list.text)
                });
                self.line(&format!("for ({}) in {over}{beside}", self::names(names)));
                self.block(body);
            }
            StatementKind::ForValues { from, body, .. } => {
                self.line(&format!("for values from {from}"));
                self.block(body);
            }
            StatementKind::ForOptions { word, body } => {
                self.line(&format!("for options {}", word.text));
                self.block(body);
            }
            StatementKind::Return(it) => self.reply("return", it),
            StatementKind::Emit(it) => self.reply("emit", it),
            StatementKind::Call(it) => self.line(&format!("call {}", value(it))),
        }
    }

    fn reply(&mut self, label: &str, reply: &Reply<'_>) {
        match &reply.kind {
            ReplyKind::Ok => self.line(&format!("{label} ok")),
            ReplyKind::Nil => self.line(&format!("{label} nil")),
            ReplyKind::NilArray => self.line(&format!("{label} nil_array")),
            ReplyKind::Status(it) => self.line(&format!("{label} status {}", expr(it))),
            ReplyKind::Error(it) => self.line(&format!("{label} error({})", error_text(it))),
            ReplyKind::Value(it) => self.line(&format!("{label} {}", value(it))),
            ReplyKind::ByVersion(resp3, other) => {
                self.line(&format!("{label} by version"));
                self.indented(|printer| {
                    printer.reply("resp3", resp3);
                    printer.reply("else", other);
                });
            }
            ReplyKind::Build(aggregate, block) => {
                let name = if *aggregate == Aggregate::Array { "array" } else { "map" };
                self.line(&format!("{label} {name} of"));
                self.block(block);
            }
            ReplyKind::Array(elements) => {
                self.line(&format!("{label} array"));
                self.indented(|printer| {
                    for element in elements {
                        printer.reply("-", element);
                    }
                });
            }
            ReplyKind::Map(pairs) => {
                self.line(&format!("{label} map"));
                self.indented(|printer| {
                    for (key, element) in pairs {
                        printer.reply("-", key);
                        printer.reply(":", element);
                    }
                });
            }
        }
    }
}

fn names(list: &[Name<'_>]) -> String {
    list.iter().map(|name| name.text).collect::<Vec<_>>().join(", ")
}

const fn error_text<'s>(text: &ErrorText<'s>) -> &'s str {
    match text {
        ErrorText::Literal(literal) => literal.text,
        ErrorText::Param(name) => name.text,
    }
}

fn params(list: &[Param<'_>]) -> String {
    let list: Vec<String> = list.iter().map(param).collect();
    format!("({})", list.join(", "))
}

fn param(param: &Param<'_>) -> String {
    let (shape, many, any) = match &param.shape {
        ParamShape::One(name) => (name.text.to_owned(), "...", "...?"),
        ParamShape::Group(members) => (params(members), "+", "*"),
    };
    let count = match &param.count {
        Count::Once => String::new(),
        Count::Optional => "?".to_owned(),
        Count::Default(value) => format!(" = {}", expr(value)),
        Count::Many => many.to_owned(),
        Count::Any => any.to_owned(),
        Count::Counted(counter) => {
            let texts = [("none", counter.none), ("beyond", counter.beyond)];
            let texts = texts.into_iter().filter_map(|(word, text)| {
                text.map(|text| format!(" {word} error({})", text.text))
            });
            format!("[{}]{}", counter.by.text, texts.collect::<String>())
        }
    };
    let error = or_error(param.error);
    format!("{}: {shape}{count}{error}", param.name.text)
}

fn option_group(group: &OptionGroup<'_>) -> String {
    let words: Vec<String> = group
        .alternatives
        .iter()
        .map(|option| {
            let operands = option.operands.iter().map(|operand| format!(" {}", param(operand)));
            let words: Vec<&str> = option.words.iter().map(|word| word.text).collect();
            format!("{}{}", words.join(" "), operands.collect::<String>())
        })
        .collect();
    let again = match group.again {
        Again::Wrong => "once ",
        Again::Each => "each ",
        _ => "",
    };
    format!("[{again}{}]", words.join(" | "))
}

fn condition(condition: &Condition<'_>) -> String {
    let args: Vec<String> = condition.args.iter().map(expr).collect();
    let range =
        condition.range_end.as_ref().map_or(String::new(), |end| format!("..{}", expr(end)));
    let name = condition.param.text;
    let handler = handler(condition.handler.as_ref());
    format!("{name}: {}({}{range}){handler}", condition.verb.text, args.join(", "))
}

fn value(value: &Value<'_>) -> String {
    format!("{}{}", expr(&value.expr), handler(value.handler.as_ref()))
}

fn handler(handler: Option<&Handler<'_>>) -> String {
    let Some(handler) = handler else { return String::new() };
    let text = match &handler.kind {
        HandlerKind::ReturnInteger(value) => format!("return {value}"),
        HandlerKind::ReturnNil => "return_nil".to_owned(),
        HandlerKind::ReturnEmpty => "return_empty".to_owned(),
        HandlerKind::Create => "create".to_owned(),
        HandlerKind::Skip => "skip".to_owned(),
        HandlerKind::Nil => "nil".to_owned(),
        HandlerKind::Error(it) => format!("error({})", error_text(it)),
        HandlerKind::Value(it) => expr(it),
    };
    format!(" or {text}")
}

fn or_error(text: Option<Literal<'_>>) -> String {
    text.map_or(String::new(), |text| format!(" or error({})", text.text))
}

fn expr(node: &Expr<'_>) -> String {
    match &node.kind {
        ExprKind::Name(name) => (*name).to_owned(),
        ExprKind::Integer(value) => value.to_string(),
        ExprKind::Float(value) => format!("{value:?}"),
        ExprKind::String(text) => text.text.to_owned(),
        ExprKind::Truth(value) => value.to_string(),
        ExprKind::Nil => "nil".to_owned(),
        ExprKind::Not(inner) => format!("(! {})", expr(inner)),
        ExprKind::Negate(inner) => format!("(- {})", expr(inner)),
        ExprKind::Binary { op, left, right } => {
            format!("({} {} {})", op.text(), expr(left), expr(right))
        }
        ExprKind::Call { name, args } => {
            let args: Vec<String> = args.iter().map(expr).collect();
            format!("@{}({})", name.text, args.join(", "))
        }
    }
}
