//! The words of a line of a mix, with the column of each, so that errors can point at it.

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Where it begins, in characters from 1.
    pub(crate) column: usize,
    /// Whether it stood in quotes: brackets and stars in it are meant as such.
    pub(crate) is_quoted: bool,
}

impl Word {
    /// An error about the word.
    pub(crate) fn error(&self, expected: &'static str) -> LineError {
        LineError { column: self.column, expected }
    }

    /// An error about what stands at this byte of an unquoted word. What quotes and backslashes
    /// stand for is shorter than they are, so that of a quoted word only the beginning is told.
    pub(crate) fn error_at(&self, byte: usize, expected: &'static str) -> LineError {
        let before = self.text.get(..byte).filter(|_| !self.is_quoted).unwrap_or_default();
        LineError { column: self.column + before.chars().count(), expected }
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineError {
    /// Where, in characters from 1.
    pub(crate) column: usize,
    /// What should stand there.
    pub(crate) expected: &'static str,
}

/// Splits a line at its blanks; `"..."` is one word, with `\n`, `\r`, `\t`, `\\` and `\"`.
pub(crate) fn split(line: &str) -> Result<Vec<Word>, LineError> {
    let mut chars = line.chars().zip(1..).peekable();
    let mut words = Vec::new();
    while let Some((first, column)) = chars.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut word = Word { text: String::new(), column, is_quoted: first == '"' };
        if !word.is_quoted {
            word.text.push(first);
            while let Some((next, _)) = chars.next_if(|(next, _)| !next.is_whitespace()) {
                word.text.push(next);
            }
            words.push(word);
            continue;
        }
        loop {
            match chars.next() {
                None => return Err(word.error("a `\"` at the end of the word")),
                Some(('"', _)) => break,
                Some(('\\', column)) => word.text.push(match chars.next() {
                    Some(('n', _)) => '\n',
                    Some(('r', _)) => '\r',
                    Some(('t', _)) => '\t',
                    Some((other @ ('\\' | '"'), _)) => other,
                    _ => {
                        let expected = "one of n r t \\ \" behind a backslash";
                        return Err(LineError { column, expected });
                    }
                }),
                Some((other, _)) => word.text.push(other),
            }
        }
        if let Some((_, column)) = chars.next_if(|(next, _)| !next.is_whitespace()) {
            return Err(LineError { column, expected: "a blank behind a quoted word" });
        }
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_columns() {
        let words = split("  9 SET  \"a \\\"b\\n\" ü x").expect("words");
        let seen: Vec<_> =
            words.iter().map(|word| (word.text.as_str(), word.column, word.is_quoted)).collect();
        assert_eq!(
            seen,
            [
                ("9", 3, false),
                ("SET", 5, false),
                ("a \"b\n", 10, true),
                ("ü", 20, false),
                ("x", 22, false)
            ]
        );
    }

    #[test]
    fn errors_have_columns() {
        for (line, column) in [("GET \"a", 5), ("GET \"a\"b", 8), ("  \"a\\x\"", 5), ("\"\\", 2)] {
            assert_eq!(split(line).expect_err("an error").column, column, "{line}");
        }
    }
}
