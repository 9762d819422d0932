//! Bytes to programs. The bytes may come from anywhere.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use super::{FormatError, Instruction, MAGIC, VERSION};
use crate::signature::DecodeOrder;
use crate::{
    Access, Again, Conflict, Constant, Counted, DefaultValue, Docs, Example, Item, Multiplicity,
    OptionGroup, OptionSpec, Param, ParamType, Program, Protocol, Returns, RunWhere, Signature,
    SourceSpan,
};

#[derive(Debug)]
pub(super) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn end(&self) -> Result<(), FormatError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(FormatError::Trailing(self.at)) }
    }

    pub(super) fn program(&mut self) -> Result<Program, FormatError> {
        if self.array() != Ok(MAGIC) || self.byte() != Ok(VERSION) {
            return Err(FormatError::Version);
        }
        Ok(Program {
            name: self.text()?,
            protocol: self.choice(&Protocol::NAMES)?,
            access: self.access()?,
            run_where: self.choice(&RunWhere::NAMES)?,
            returns: self.choice(&Returns::NAMES)?,
            signature: self.signature()?,
            constants: self.list(Self::constant)?,
            code: self.list(Self::instruction)?,
            plain_entry: self.optional(Self::narrow)?,
            registers: self.byte()?,
            docs: self.docs()?,
            source: SourceSpan { file: self.text()?, line: self.narrow()? },
        })
    }

    fn access(&mut self) -> Result<Access, FormatError> {
        let at = self.at;
        Access::from_bits(self.byte()?).ok_or(FormatError::Range(at))
    }

    fn signature(&mut self) -> Result<Signature, FormatError> {
        Ok(Signature {
            params: self.list(Self::param)?,
            groups: self.list(Self::group)?,
            options_before: self.optional(Self::byte)?,
            conflicts: self.list(Self::conflict)?,
            order: self.choice(&DecodeOrder::NAMES)?,
            unknown_option: self.optional_text()?,
        })
    }

    fn param(&mut self) -> Result<Param, FormatError> {
        let at = self.at;
        let multiplicity = match self.byte()? {
            0 => Multiplicity::Once,
            1 => Multiplicity::Optional,
            2 => Multiplicity::Default(DefaultValue::Integer(self.integer()?)),
            3 => Multiplicity::Default(DefaultValue::Constant(self.narrow()?)),
            4 => Multiplicity::Variadic,
            5 => Multiplicity::VariadicOptional,
            6 => Multiplicity::Counted(Counted {
                by: self.byte()?,
                none: self.optional_text()?,
                beyond: self.optional_text()?,
            }),
            _ => return Err(FormatError::Range(at)),
        };
        Ok(Param { multiplicity, items: self.list(Self::item)? })
    }

    fn item(&mut self) -> Result<Item, FormatError> {
        let name = self.text()?;
        let ty = self.choice(&ParamType::NAMES)?;
        Ok(Item { name, ty, error: self.optional_text()? })
    }

    fn group(&mut self) -> Result<OptionGroup, FormatError> {
        let options = self.list(|reader| {
            let name = reader.text()?;
            let words = reader.list(Self::text)?;
            let operands = reader.list(Self::item)?;
            Ok(OptionSpec { name, words, operands, counted_by: reader.optional(Self::byte)? })
        })?;
        Ok(OptionGroup { options, again: self.choice(&Again::NAMES)? })
    }

    fn conflict(&mut self) -> Result<Conflict, FormatError> {
        let sides = [self.list(Self::byte)?, self.list(Self::byte)?];
        Ok(Conflict { sides, error: self.text()? })
    }

    fn constant(&mut self) -> Result<Constant, FormatError> {
        let at = self.at;
        match self.byte()? {
            0 => Ok(Constant::Bytes(self.bytes()?.into())),
            1 => Ok(Constant::Integer(self.integer()?)),
            _ => Err(FormatError::Range(at)),
        }
    }

    fn instruction(&mut self) -> Result<Instruction, FormatError> {
        let at = self.at;
        Instruction::from_bytes(self.array()?).ok_or(FormatError::Range(at))
    }

    fn docs(&mut self) -> Result<Docs, FormatError> {
        Ok(Docs {
            summary: self.text()?,
            since: self.text()?,
            group: self.text()?,
            complexity: self.text()?,
            examples: self.list(|reader| {
                let request = reader.text()?;
                Ok(Example { request, reply: reader.text()? })
            })?,
        })
    }

    /// Items take at least a byte each, so memory is taken as they are read.
    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, FormatError>,
    ) -> Result<Vec<T>, FormatError> {
        let len = self.len()?;
        let mut items = Vec::new();
        for _ in 0..len {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn choice<T: Copy>(&mut self, names: &[(&str, T)]) -> Result<T, FormatError> {
        let at = self.at;
        let number = usize::from(self.byte()?);
        names.get(number).map(|(_, value)| *value).ok_or(FormatError::Range(at))
    }

    fn optional_text(&mut self) -> Result<Option<Box<str>>, FormatError> {
        self.optional(Self::text)
    }

    fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, FormatError>,
    ) -> Result<Option<T>, FormatError> {
        if self.flag()? { read(self).map(Some) } else { Ok(None) }
    }

    fn flag(&mut self) -> Result<bool, FormatError> {
        let at = self.at;
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(FormatError::Range(at)),
        }
    }

    fn text(&mut self) -> Result<Box<str>, FormatError> {
        let at = self.at;
        let bytes = self.bytes()?;
        str::from_utf8(bytes).map(Into::into).map_err(|_| FormatError::Utf8(at))
    }

    fn bytes(&mut self) -> Result<&'b [u8], FormatError> {
        let len = self.len()?;
        let (bytes, _) = self.rest().split_at_checked(len).ok_or(FormatError::End(self.at))?;
        self.at = self.at.saturating_add(len);
        Ok(bytes)
    }

    /// A length, which is at most the number of bytes left.
    fn len(&mut self) -> Result<usize, FormatError> {
        let at = self.at;
        let len: usize = self.narrow()?;
        if len <= self.rest().len() { Ok(len) } else { Err(FormatError::End(at)) }
    }

    fn narrow<T: TryFrom<u64>>(&mut self) -> Result<T, FormatError> {
        let at = self.at;
        T::try_from(self.number()?).map_err(|_| FormatError::Range(at))
    }

    fn integer(&mut self) -> Result<i64, FormatError> {
        let zigzag = self.number()?;
        let magnitude = (zigzag >> 1).cast_signed();
        Ok(if zigzag & 1 == 0 { magnitude } else { !magnitude })
    }

    /// A number in its shortest form, so that a program has one encoding only.
    fn number(&mut self) -> Result<u64, FormatError> {
        let at = self.at;
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let low = u64::from(byte & 0x7f);
            if (low << shift) >> shift != low || (byte == 0 && shift > 0) {
                return Err(FormatError::Range(at));
            }
            value |= low << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(FormatError::Range(at))
    }

    fn byte(&mut self) -> Result<u8, FormatError> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let array = self.rest().first_chunk::<N>().ok_or(FormatError::End(self.at))?;
        self.at = self.at.saturating_add(N);
        Ok(*array)
    }

    fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }
}
