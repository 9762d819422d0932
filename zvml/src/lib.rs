#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod ast;
mod check;
mod codegen;
mod compile;
mod diagnostic;
mod expand;
mod explain;
mod format;
#[cfg(any(test, fuzzing, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod grammar;
mod ir;
mod lex;
mod near;
mod parse;
mod span;
mod typed;

pub use compile::{compile, compile_without_examples};
pub use diagnostic::{Code, Context, Diagnostic, Diagnostics};
pub use explain::{Stage, explain};
pub use format::format;
pub use span::Span;
