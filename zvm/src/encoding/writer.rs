//! Programs to bytes.

use super::{MAGIC, VERSION};
use crate::signature::DecodeOrder;
use crate::{
    Again, Constant, DefaultValue, Docs, Item, Multiplicity, OptionGroup, Param, ParamType,
    Program, Protocol, Returns, RunWhere, Signature,
};

#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn program(&mut self, program: &Program) {
        self.0.extend_from_slice(&MAGIC);
        self.0.push(VERSION);
        self.text(&program.name);
        self.choice(&Protocol::NAMES, program.protocol);
        self.0.push(program.access.bits());
        self.choice(&RunWhere::NAMES, program.run_where);
        self.choice(&Returns::NAMES, program.returns);
        self.signature(&program.signature);
        self.list(&program.constants, Self::constant);
        self.list(&program.code, |writer, instruction| {
            writer.0.extend_from_slice(&instruction.to_bytes());
        });
        self.0.push(u8::from(program.plain_entry.is_some()));
        if let Some(entry) = program.plain_entry {
            self.number(u64::from(entry));
        }
        self.0.push(program.registers);
        self.docs(&program.docs);
        self.text(&program.source.file);
        self.number(u64::from(program.source.line));
    }

    fn signature(&mut self, signature: &Signature) {
        self.list(&signature.params, Self::param);
        self.list(&signature.groups, Self::group);
        self.0.push(u8::from(signature.options_before.is_some()));
        self.0.extend(signature.options_before);
        self.list(&signature.conflicts, |writer, conflict| {
            for side in &conflict.sides {
                writer.list(side, |writer, number| writer.0.push(*number));
            }
            writer.text(&conflict.error);
        });
        self.choice(&DecodeOrder::NAMES, signature.order);
        self.optional_text(signature.unknown_option.as_deref());
    }

    fn param(&mut self, param: &Param) {
        match &param.multiplicity {
            Multiplicity::Once => self.0.push(0),
            Multiplicity::Optional => self.0.push(1),
            Multiplicity::Default(DefaultValue::Integer(value)) => {
                self.0.push(2);
                self.integer(*value);
            }
            Multiplicity::Default(DefaultValue::Constant(index)) => {
                self.0.push(3);
                self.number(u64::from(*index));
            }
            Multiplicity::Variadic => self.0.push(4),
            Multiplicity::VariadicOptional => self.0.push(5),
            Multiplicity::Counted(counted) => {
                self.0.extend_from_slice(&[6, counted.by]);
                self.optional_text(counted.none.as_deref());
                self.optional_text(counted.beyond.as_deref());
            }
        }
        self.list(&param.items, Self::item);
    }

    fn item(&mut self, item: &Item) {
        self.text(&item.name);
        self.choice(&ParamType::NAMES, item.ty);
        self.optional_text(item.error.as_deref());
    }

    fn group(&mut self, group: &OptionGroup) {
        self.list(&group.options, |writer, option| {
            writer.text(&option.name);
            writer.list(&option.words, |writer, word| writer.text(word));
            writer.list(&option.operands, Self::item);
            writer.0.push(u8::from(option.counted_by.is_some()));
            writer.0.extend(option.counted_by);
        });
        self.choice(&Again::NAMES, group.again);
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Bytes(bytes) => {
                self.0.push(0);
                self.bytes(bytes);
            }
            Constant::Integer(value) => {
                self.0.push(1);
                self.integer(*value);
            }
        }
    }

    fn docs(&mut self, docs: &Docs) {
        for text in [&docs.summary, &docs.since, &docs.group, &docs.complexity] {
            self.text(text);
        }
        self.list(&docs.examples, |writer, example| {
            writer.text(&example.request);
            writer.text(&example.reply);
        });
    }

    fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        for one in items {
            item(self, one);
        }
    }

    fn choice<T: PartialEq>(&mut self, names: &[(&str, T)], value: T) {
        let number = names.iter().position(|(_, known)| *known == value).unwrap_or(0);
        self.0.push(u8::try_from(number).unwrap_or(u8::MAX));
    }

    fn optional_text(&mut self, text: Option<&str>) {
        self.0.push(u8::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn integer(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }
}
