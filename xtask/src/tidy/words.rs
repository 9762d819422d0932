//! Words that do not stay in the code: unfinished work, left-over debugging, tests that are skipped
//! without a reason or that wait by sleeping.

use crate::tidy::Finding;
use crate::tidy::tokens::Token;
use crate::tidy::tree::Source;

/// Looks for such words in one file.
pub(super) fn check(source: &Source, tokens: &[Token], findings: &mut Vec<Finding>) {
    for (index, token) in tokens.iter().enumerate() {
        let after = tokens.get(index + 1);
        let mut find = |rule, expected| findings.push(source.finding(token.line, rule, expected));
        if after.is_some_and(|after| after.is_mark('!')) {
            if token.is_name("todo") || token.is_name("unimplemented") {
                find("unfinished", "the finished code");
            }
            if token.is_name("dbg") {
                find("debugging", "no dbg!");
            }
        }
        if token.is_name("ignore") && is_bare_attribute(tokens, index) {
            find("ignored test", "#[ignore = \"why\"]");
        }
        if token.is_name("sleep") && is_thread_sleep(tokens, index) {
            find("sleep", "waiting for the event itself");
        }
    }
}

/// `#[ignore]` and `#[cfg_attr(miri, ignore)]`, but not `#[ignore = "why"]`.
fn is_bare_attribute(tokens: &[Token], index: usize) -> bool {
    let is_last = tokens.get(index + 1).is_some_and(|t| t.is_mark(']') || t.is_mark(')'));
    let start = tokens[..index].iter().rposition(|t| t.is_mark('#'));
    let is_attribute = start.is_some_and(|start| {
        let between = &tokens[start + 1..index];
        between.first().is_some_and(|t| t.is_mark('['))
            && !between.iter().any(|t| t.is_mark(']') || t.is_mark(';'))
    });
    is_last && is_attribute
}

fn is_thread_sleep(tokens: &[Token], index: usize) -> bool {
    index >= 3
        && tokens[index - 1].is_mark(':')
        && tokens[index - 2].is_mark(':')
        && tokens[index - 3].is_name("thread")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tokens;

    fn rules(text: &str) -> Vec<(usize, &'static str)> {
        let source = Source { path: "a.rs".into(), text: text.to_owned() };
        let mut findings = Vec::new();
        check(&source, &tokens::read(text).expect("Rust"), &mut findings);
        findings.iter().map(|finding| (finding.line, finding.rule)).collect()
    }

    #[test]
    fn finds_each_word_where_it_stands() {
        assert_eq!(rules("fn a() {\n    todo!()\n}"), [(2, "unfinished")]);
        assert_eq!(rules("fn a() { unimplemented!(\"b\") }"), [(1, "unfinished")]);
        assert_eq!(rules("fn a() { dbg!(1); }"), [(1, "debugging")]);
        assert_eq!(rules("#[test]\n#[ignore]\nfn a() {}"), [(2, "ignored test")]);
        assert_eq!(rules("#[cfg_attr(miri, ignore)] fn a() {}"), [(1, "ignored test")]);
        assert_eq!(rules("fn a() { std::thread::sleep(b) }"), [(1, "sleep")]);
        assert_eq!(rules("macro! { inner { todo!() } }"), [(1, "unfinished")]);
    }

    #[test]
    fn leaves_comments_strings_and_reasons_alone() {
        assert!(rules("// todo!()\nconst A: &str = \"dbg!(1)\";").is_empty());
        assert!(rules("#[ignore = \"needs a day\"]\nfn a() {}").is_empty());
        assert!(rules("#[test]\nfn a(ignore: [u8; 1]) { f(ignore) }").is_empty());
    }
}
