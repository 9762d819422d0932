//! A line cut into tokens, and words in quotes read.

/// A token and where it begins, in bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) at: usize,
    pub(crate) kind: TokenKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word(Vec<u8>),
    /// `{...}`: what is between.
    Hole(String),
    /// One of `[ ] ( | ;`.
    Mark(u8),
    /// `)`, `)+` or `)*`.
    Close(Option<u8>),
    /// `=>`
    Arrow,
}

/// Cuts a line.
///
/// # Errors
///
/// Where it cannot be cut, and what was expected there.
pub(crate) fn tokens(line: &str) -> Result<Vec<Token>, (usize, &'static str)> {
    let bytes = line.as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let kind = match byte {
            b' ' | b'\t' => {
                at += 1;
                continue;
            }
            b'[' | b']' | b'(' | b'|' | b';' => {
                at += 1;
                TokenKind::Mark(byte)
            }
            b')' => {
                let repeat = bytes.get(at + 1).copied().filter(|next| b"+*".contains(next));
                at += 1 + usize::from(repeat.is_some());
                TokenKind::Close(repeat)
            }
            b'{' => {
                let len = line[at..].find('}').ok_or((at, "a `}` that closes this"))?;
                at += len + 1;
                TokenKind::Hole(line[start + 1..at - 1].trim().to_owned())
            }
            b'"' => {
                let (word, len) = unquoted(&bytes[at + 1..]).ok_or((at, "a whole word in `\"`"))?;
                at += 1 + len;
                TokenKind::Word(word)
            }
            _ => {
                at += bytes[at..].iter().position(|b| ENDS.contains(b)).unwrap_or(bytes.len() - at);
                match &bytes[start..at] {
                    b"=>" => TokenKind::Arrow,
                    word => TokenKind::Word(word.to_vec()),
                }
            }
        };
        tokens.push(Token { at: start, kind });
    }
    Ok(tokens)
}

/// The word up to the closing quote, and the length with that quote. Escapes are those that
/// `shown` writes: `\xHH`, `\r`, `\n`, `\t`, `\\`, `\"`, `\'`.
fn unquoted(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut word, mut at) = (Vec::new(), 0);
    loop {
        let byte = *text.get(at)?;
        at += 1;
        match byte {
            b'"' => return Some((word, at)),
            b'\\' => {
                let escaped = *text.get(at)?;
                at += 1;
                word.push(match escaped {
                    b'r' => b'\r',
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'x' => {
                        let digits = std::str::from_utf8(text.get(at..at + 2)?).ok()?;
                        at += 2;
                        u8::from_str_radix(digits, 16).ok()?
                    }
                    other => other,
                });
            }
            _ => word.push(byte),
        }
    }
}

const ENDS: &[u8] = b" \t[](|);{\"";
