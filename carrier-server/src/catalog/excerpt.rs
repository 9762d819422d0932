//! One command's part of a source.

/// The text of the declaration that begins in `line` (counted from 1), from the documentation
/// before it to the brace that closes it.
pub(super) fn excerpt(source: &str, line: u32) -> &str {
    let index = (line as usize).saturating_sub(1);
    let mut starts = vec![0];
    starts.extend(source.match_indices('\n').map(|(at, _)| at + 1));
    let Some(&declared) = starts.get(index) else { return "" };
    let is_doc = |start: &&usize| source[**start..].trim_start_matches(' ').starts_with("///");
    let docs = starts[..index].iter().rev().take_while(is_doc);
    let begin = docs.last().copied().unwrap_or(declared);
    &source[begin..declared + declaration_len(&source[declared..])]
}

/// Up to the brace that closes the first one; braces in strings and remarks do not count, nor
/// those of a template's parameters.
fn declaration_len(text: &str) -> usize {
    let (mut depth, mut within) = (0_usize, Within::Code);
    for (at, byte) in text.bytes().enumerate() {
        within = match (within, byte) {
            (Within::Code, b'{') if is_parameter(&text[at..]) => Within::Parameter,
            (Within::Parameter, b'}') => Within::Code,
            (Within::Code, b'"') => Within::Text,
            (Within::Code, b'#') => Within::Remark,
            (Within::Code, b'{') => {
                depth += 1;
                Within::Code
            }
            (Within::Code, b'}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
                Within::Code
            }
            (Within::Text, b'\\') => Within::Escape,
            (Within::Text, b'"') | (Within::Text | Within::Remark, b'\n') => Within::Code,
            (Within::Escape, _) => Within::Text,
            (other, _) => other,
        };
    }
    text.len()
}

/// Whether a text begins with `{Name}`.
fn is_parameter(text: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let len = text.bytes().skip(1).take_while(is_word).count();
    len > 0 && text.as_bytes().get(1 + len) == Some(&b'}')
}

#[derive(Clone, Copy)]
enum Within {
    Code,
    Parameter,
    Text,
    /// Behind a backslash in a text.
    Escape,
    Remark,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_declaration_with_its_documentation() {
        let source = "# a } remark\n\n/// One.\n/// More.\ncommand A {\n    \
                      example: \"}\\\"}\" # }\n    \
                      body { }\n}\n/// Two.\ncommand B { }\n";
        let one = excerpt(source, 5);
        assert!(one.starts_with("/// One.\n/// More.\ncommand A {"), "{one}");
        assert!(one.ends_with("body { }\n}"), "{one}");
        let template = "template T<N> {\n    command {N}X {\n        body { @{N}_y() }\n    }\n}";
        assert!(excerpt(template, 2).ends_with("body { @{N}_y() }\n    }"));
        assert_eq!(excerpt(source, 10), "/// Two.\ncommand B { }");
        assert_eq!(excerpt(source, 99), "");
        assert_eq!(excerpt("command A {", 1), "command A {");
    }
}
