//! The opcode table as read from TOML, checked for what the renderers rely on.

use super::CodegenError;
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// All families, in the order of their file names.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) families: Vec<Family>,
}

/// One file: opcodes that belong together.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) ops: Vec<Op>,
    pub(super) choices: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    doc: String,
    op: Vec<Op>,
    #[serde(default)]
    choice: Vec<Choice>,
}

/// One opcode.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Op {
    /// Name in the textual form.
    pub(super) name: String,
    /// What it does, in one sentence.
    pub(super) doc: String,
    /// The same as a formula.
    pub(super) effect: String,
    pub(super) a: Option<Operand>,
    pub(super) b: Option<Operand>,
    pub(super) c: Option<Operand>,
    pub(super) imm: Option<Operand>,
    #[serde(default)]
    pub(super) cost: Cost,
    #[serde(default)]
    pub(super) domain: Domain,
    #[serde(default)]
    pub(super) flow: Flow,
    /// What a loop goes over that it opens or closes.
    #[serde(default)]
    pub(super) over: Over,
    #[serde(default)]
    pub(super) emit: Emit,
    /// Whether it changes the store.
    #[serde(default)]
    pub(super) writes: bool,
    /// Whether it is so little that it stands in the interpreter's loop itself.
    #[serde(default)]
    pub(super) hot: bool,
    /// Whether the language may call it by name.
    #[serde(default)]
    pub(super) primitive: bool,
    /// The one command that it can ever serve, where it is not general.
    pub(super) serves: Option<String>,
    /// The sequence that it stands for, where it is a fused one: opcode and operands, each the
    /// operand of this opcode that it is (`a`), a register that nothing else reads (`t0`), a
    /// number or the name of a choice.
    #[serde(default)]
    pub(super) fuses: Vec<String>,
}

/// One operand: exactly one of the fields beside `name` is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operand {
    pub(super) name: String,
    #[serde(rename = "in")]
    pub(super) input: Option<String>,
    #[serde(rename = "out")]
    pub(super) output: Option<String>,
    /// A register that is read and written.
    pub(super) change: Option<String>,
    /// Whether the language does not know of it: it is a cursor, which starts anew.
    #[serde(default)]
    pub(super) start: bool,
    pub(super) choice: Option<String>,
    pub(super) constant: Option<String>,
    #[serde(default)]
    pub(super) number: bool,
    /// A literal number of one signed byte.
    #[serde(default)]
    pub(super) small: bool,
    pub(super) jump: Option<String>,
}

/// A set of names that an operand byte may stand for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    /// The enum that has these variants; without one, it is generated.
    pub(super) path: Option<String>,
    /// Of containers that loops go over: the types of what an element consists of.
    #[serde(default)]
    pub(super) yields: Vec<Vec<String>>,
    /// A sentence for each of the same.
    #[serde(default)]
    pub(super) docs: Vec<String>,
}

/// How the work of an opcode grows.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cost {
    #[default]
    Const,
    Log,
    Linear,
    Server,
}

/// What an opcode touches.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Domain {
    #[default]
    Pure,
    Store,
    Session,
}

/// Where execution goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flow {
    #[default]
    Next,
    Jump,
    Refine,
    LoopOpen,
    LoopClose,
    LoopEnd,
    Halt,
    Fault,
}

/// What a loop goes over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Over {
    /// The groups of the list among the parameters.
    #[default]
    Args,
    /// The integers between two.
    Range,
    /// The elements of a container.
    Elements,
    /// The options that a request gives of a group.
    Options,
}

/// What an opcode adds to the reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Emit {
    #[default]
    None,
    One,
    Pair,
    Elements,
    Pairs,
    Open,
    Close,
}

impl Table {
    /// Reads every `*.toml` of a folder and checks the whole.
    pub(super) fn read(folder: &Path) -> Result<Self, CodegenError> {
        let file_error = |error| CodegenError::File(folder.to_path_buf(), error);
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(file_error)? {
            let path = entry.map_err(file_error)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut families = Vec::new();
        for path in paths {
            let text = fs::read_to_string(&path)
                .map_err(|error| CodegenError::File(path.clone(), error))?;
            let file: File = toml::from_str(&text)
                .map_err(|error| CodegenError::Toml(path.clone(), Box::new(error)))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            families.push(Family { name, doc: file.doc, ops: file.op, choices: file.choice });
        }
        let table = Self { families };
        table.check()?;
        Ok(table)
    }

    pub(super) fn ops(&self) -> impl Iterator<Item = (&Family, &Op)> {
        self.families.iter().flat_map(|family| family.ops.iter().map(move |op| (family, op)))
    }

    pub(super) fn choices(&self) -> impl Iterator<Item = &Choice> {
        self.families.iter().flat_map(|family| &family.choices)
    }

    fn check(&self) -> Result<(), CodegenError> {
        let mut names: Vec<&str> = Vec::new();
        for (_, op) in self.ops() {
            let wrong = |why| Err(CodegenError::Table(op.name.clone(), why));
            if names.contains(&op.name.as_str()) {
                return wrong("is declared twice");
            }
            names.push(&op.name);
            for operand in op.operands().into_iter().flatten() {
                if operand.kinds() != 1 {
                    return wrong("an operand needs exactly one kind");
                }
                if let Some(choice) = &operand.choice
                    && !self.choices().any(|known| known.name == *choice)
                {
                    return wrong("an operand names an unknown choice");
                }
            }
            if [&op.a, &op.b, &op.c].into_iter().flatten().any(Operand::needs_imm) {
                return wrong("jumps, numbers and constants stand in imm");
            }
            if op.writes && !matches!(op.domain, Domain::Store) {
                return wrong("only an opcode of the store can write");
            }
            let has_cursor =
                op.operands().into_iter().flatten().any(|o| o.change.as_deref() == Some("cursor"));
            // The position of a loop is a cursor, too.
            let is_loop = matches!(op.flow, Flow::LoopOpen | Flow::LoopClose);
            if matches!(op.cost, Cost::Linear) && !has_cursor && !is_loop {
                return wrong(
                    "a linear opcode keeps its position in a cursor: change = \"cursor\"",
                );
            }
            self.check_sequence(op)?;
        }
        for choice in self.choices().filter(|choice| !choice.yields.is_empty()) {
            if [choice.yields.len(), choice.docs.len()] != [choice.values.len(); 2] {
                let why = "says of each value what it yields, and what that is";
                return Err(CodegenError::Table(choice.name.clone(), why));
            }
        }
        Ok(())
    }

    /// Checks the sequence that an opcode stands for.
    fn check_sequence(&self, op: &Op) -> Result<(), CodegenError> {
        let wrong = |why| Err(CodegenError::Table(op.name.clone(), why));
        let mut writes = false;
        for (step, operands) in op.steps() {
            let Some((_, known)) = self.ops().find(|(_, known)| known.name == step) else {
                return wrong("fuses an unknown opcode");
            };
            if !known.fuses.is_empty() {
                return wrong("fuses an opcode that is fused itself");
            }
            if known.operands().into_iter().flatten().count() != operands.len() {
                return wrong("fuses an opcode with another number of operands");
            }
            writes |= known.writes;
        }
        if !op.fuses.is_empty() && (op.fuses.len() < 2 || op.primitive || writes != op.writes) {
            return wrong("stands for two opcodes or more, writes as they do, and is no primitive");
        }
        Ok(())
    }
}

impl Op {
    /// The opcodes that it stands for, with their operands as written.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.fuses.iter().map(|step| {
            let mut words = step.split_whitespace();
            (words.next().unwrap_or_default(), words.collect())
        })
    }

    /// Operands in the order a, b, c, imm.
    pub(super) fn operands(&self) -> [Option<&Operand>; 4] {
        [self.a.as_ref(), self.b.as_ref(), self.c.as_ref(), self.imm.as_ref()]
    }
}

impl Operand {
    fn kinds(&self) -> usize {
        let Self { input, output, change, choice, constant, jump, .. } = self;
        let given = [input, output, change, choice, constant, jump];
        given.into_iter().flatten().count() + usize::from(self.number) + usize::from(self.small)
    }

    const fn needs_imm(&self) -> bool {
        self.jump.is_some() || self.constant.is_some() || self.number
    }
}

#[cfg(test)]
mod tests {
    use super::{Family, File, Table};

    /// Why a table of these opcodes is refused.
    fn refused(ops: &str) -> Option<String> {
        let file: File = toml::from_str(&format!("doc = \"\"\n{ops}")).expect("TOML of that shape");
        let name = "family".to_owned();
        let family = Family { name, doc: file.doc, ops: file.op, choices: file.choice };
        Table { families: vec![family] }.check().err().map(|error| error.to_string())
    }

    fn op(name: &str, fields: &str) -> String {
        format!("[[op]]\nname = {name:?}\ndoc = \"\"\neffect = \"\"\n{fields}\n")
    }

    #[test]
    fn a_linear_opcode_has_a_cursor() {
        let linear = "cost = \"linear\"\ndomain = \"store\"\n";
        let why = refused(&op("scan", linear)).expect("it has no cursor");
        assert!(why.contains("keeps its position in a cursor"), "{why}");
        let cursor = format!("{linear}b = {{ change = \"cursor\", name = \"position\" }}");
        assert_eq!(refused(&op("scan", &cursor)), None);
        // A cursor that is only read keeps no position.
        let read = format!("{linear}b = {{ in = \"cursor\", name = \"position\" }}");
        assert!(refused(&op("scan", &read)).is_some());
    }

    #[test]
    fn a_fused_opcode_stands_for_opcodes_that_there_are() {
        let known = op("one", "a = { in = \"int\", name = \"n\" }") + &op("two", "");
        let fused = |steps: &str| refused(&(known.clone() + &op("both", steps)));
        assert_eq!(fused("fuses = [\"one a\", \"two\"]"), None);
        for wrong in [
            "fuses = [\"one a\", \"three\"]",
            "fuses = [\"one\", \"two\"]",
            "fuses = [\"two\"]",
            "fuses = [\"one a\", \"two\"]\nprimitive = true",
            "fuses = [\"one a\", \"two\"]\nwrites = true\ndomain = \"store\"",
        ] {
            assert!(fused(wrong).is_some(), "{wrong}");
        }
    }
}
