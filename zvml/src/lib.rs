#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod ast;
mod diagnostic;
mod lex;
mod parse;
mod span;

pub use diagnostic::{Code, Diagnostic, Diagnostics};
pub use span::Span;
