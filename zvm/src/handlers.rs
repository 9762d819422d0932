//! What each opcode does: one function of its name in the file of its family.

pub(crate) mod bits;
pub(crate) mod boolean;
pub(crate) mod bytes;
pub(crate) mod commands;
pub(crate) mod control;
pub(crate) mod database;
pub(crate) mod decimal;
pub(crate) mod float;
pub(crate) mod fused;
pub(crate) mod integer;
pub(crate) mod item;
pub(crate) mod key;
pub(crate) mod list;
pub(crate) mod map;
pub(crate) mod multi;
pub(crate) mod reply;
pub(crate) mod sample;
pub(crate) mod scored;
pub(crate) mod session;
pub(crate) mod set;
pub(crate) mod several;
pub(crate) mod sorted;
pub(crate) mod string;
