//! Where `unsafe` may stand, and how it is argued.
//!
//! Only the files of `ALLOWED` may hold any. Above each block and each `unsafe impl` there is a
//! `// SAFETY:` comment, and it names an invariant (`I1`, `I2`, ...) that its file's head lists.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::tidy::Finding;
use crate::tidy::tokens::Token;
use crate::tidy::tree::Source;

/// How often `unsafe` stands in each file that holds it.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    files: BTreeMap<PathBuf, usize>,
}

impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unsafe: {} in {} files", self.files.values().sum::<usize>(), self.files.len())?;
        self.files.iter().try_for_each(|(path, count)| write!(f, "\n{count:>6} {}", path.display()))
    }
}

/// Looks at every `unsafe` of one file.
pub(super) fn check(
    source: &Source,
    tokens: &[Token],
    inventory: &mut Inventory,
    findings: &mut Vec<Finding>,
) {
    let lines: Vec<&str> = source.text.lines().collect();
    let labels = labels_of_head(&lines);
    for (token, after) in tokens.iter().zip(tokens.iter().skip(1)) {
        if !token.is_name("unsafe") || after.is_mark('(') {
            // `unsafe(no_mangle)`: a word of an attribute.
            continue;
        }
        *inventory.files.entry(source.path.clone()).or_default() += 1;
        if !ALLOWED.iter().any(|allowed| source.path == Path::new(allowed)) {
            let expected = "safe code; the files that may hold unsafe are listed in tidy";
            findings.push(source.finding(token.line, "unsafe place", expected));
        }
        if !after.is_mark('{') && !after.is_name("impl") {
            continue;
        }
        match argument(&lines, token.line) {
            None => findings.push(source.finding(token.line, "unsafe argument", "`// SAFETY:`")),
            Some(text) if !words(&text).any(|word| labels.contains(&word)) => {
                let expected = "the label of an invariant (I1, ...) that the file's head lists";
                findings.push(source.finding(token.line, "unsafe argument", expected));
            }
            Some(_) => {}
        }
    }
}

/// The comment that argues for the statement on this line (from 1), if it has one.
fn argument(lines: &[&str], line: usize) -> Option<String> {
    let mut comment: Vec<&str> = Vec::new();
    for above in lines[..line - 1].iter().rev().map(|above| above.trim()) {
        if above.starts_with("//") {
            comment.push(above);
            if above.contains("SAFETY:") {
                comment.reverse();
                return Some(comment.join(" "));
            }
        } else if !comment.is_empty() || is_boundary(above) {
            return None;
        }
    }
    None
}

/// Whether a statement, an item or a block ends or begins with this line.
fn is_boundary(line: &str) -> bool {
    line.is_empty() || line.ends_with([';', '{', '}', ','])
}

fn labels_of_head<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let head = lines.iter().take_while(|line| line.starts_with("//!"));
    head.flat_map(|line| words(line)).filter(|word| is_label(word)).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

/// One capital letter and a number.
fn is_label(word: &str) -> bool {
    word.strip_prefix(|c: char| c.is_ascii_uppercase())
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// The files that may hold `unsafe`.
const ALLOWED: &[&str] = &[
    "databox/src/repr/long.rs",
    "loopy-ring/src/slot.rs",
    "packed-map/src/arena/reservation.rs",
    "packed-map/src/arena/reservation/heap.rs",
    "packed-map/src/arena/reservation/mapped.rs",
    "packed-map/src/lanes/sse2.rs",
    "packed-map/src/prefetch.rs",
    "packed-map/src/shared.rs",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tokens;

    /// What is found in a file whose head lists I1 and I2, apart from its place.
    fn found(code: &str) -> Vec<(usize, &'static str)> {
        let text = format!("//! I1: a. I2: b.\n{code}");
        let source = Source { path: "a.rs".into(), text };
        let (mut inventory, mut findings) = (Inventory::default(), Vec::new());
        let tokens = tokens::read(&source.text).expect("Rust");
        check(&source, &tokens, &mut inventory, &mut findings);
        findings.retain(|finding| finding.rule != "unsafe place");
        findings.iter().map(|finding| (finding.line, finding.rule)).collect()
    }

    #[test]
    fn an_argument_stands_above_its_statement_and_names_an_invariant() {
        assert!(found("// SAFETY: by I1.\nunsafe { a() }").is_empty());
        assert!(
            found("// SAFETY: for two\n// lines, by I2.\nlet b =\n    unsafe { a() };").is_empty()
        );
        assert!(found("// SAFETY: I1.\nunsafe impl Send for A {}").is_empty());
        assert_eq!(found("unsafe { a() }"), [(2, "unsafe argument")]);
        assert_eq!(found("// SAFETY: I1.\nlet a = 1;\nunsafe { a() }"), [(4, "unsafe argument")]);
        assert_eq!(found("// SAFETY: it works.\nunsafe { a() }"), [(3, "unsafe argument")]);
        assert_eq!(found("// SAFETY: I3.\nunsafe { a() }"), [(3, "unsafe argument")]);
    }

    #[test]
    fn comments_strings_and_attributes_are_no_unsafe_code() {
        let source = Source {
            path: "a.rs".into(),
            text: "// unsafe {}\n#[unsafe(no_mangle)]\nfn a() { \"unsafe\"; }\n".to_owned(),
        };
        let (mut inventory, mut findings) = (Inventory::default(), Vec::new());
        let tokens = tokens::read(&source.text).expect("Rust");
        check(&source, &tokens, &mut inventory, &mut findings);
        assert!(findings.is_empty());
        assert_eq!(inventory.to_string(), "unsafe: 0 in 0 files");
    }

    #[test]
    fn unsafe_outside_the_list_is_found_and_counted() {
        let source = Source { path: "zvm/src/a.rs".into(), text: "unsafe fn a() {}".to_owned() };
        let (mut inventory, mut findings) = (Inventory::default(), Vec::new());
        let tokens = tokens::read(&source.text).expect("Rust");
        check(&source, &tokens, &mut inventory, &mut findings);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].rule, "unsafe place");
        assert_eq!(inventory.to_string(), "unsafe: 1 in 1 files\n     1 zvm/src/a.rs");
    }
}
