//! A Rust file as a flat row of tokens with their lines.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What the rules tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A name or keyword.
    Name(String),
    /// One character of punctuation, or a bracket that opens or closes.
    Mark(char),
    /// A literal.
    Literal,
}

/// One token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) word: Word,
    /// From 1.
    pub(super) line: usize,
}

impl Token {
    /// Whether the token is this name.
    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(&self.word, Word::Name(own) if own == name)
    }

    /// Whether the token is this character.
    pub(super) fn is_mark(&self, mark: char) -> bool {
        self.word == Word::Mark(mark)
    }
}

/// The tokens of a text, those inside macros included; the line of the error where it is not Rust.
pub(super) fn read(text: &str) -> Result<Vec<Token>, usize> {
    let stream = TokenStream::from_str(text).map_err(|error| error.span().start().line)?;
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Ident(name) => {
                tokens.push(Token { word: Word::Name(name.to_string()), line });
            }
            TokenTree::Punct(mark) => {
                tokens.push(Token { word: Word::Mark(mark.as_char()), line });
            }
            TokenTree::Literal(_) => tokens.push(Token { word: Word::Literal, line }),
            TokenTree::Group(group) => {
                let (open, close) = brackets(group.delimiter());
                tokens.push(Token { word: Word::Mark(open), line });
                flatten(group.stream(), tokens);
                let line = group.span_close().start().line;
                tokens.push(Token { word: Word::Mark(close), line });
            }
        }
    }
}

fn brackets(delimiter: Delimiter) -> (char, char) {
    match delimiter {
        Delimiter::Brace => ('{', '}'),
        Delimiter::Bracket => ('[', ']'),
        Delimiter::Parenthesis | Delimiter::None => ('(', ')'),
    }
}
