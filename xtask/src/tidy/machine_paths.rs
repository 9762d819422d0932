//! No path of one machine stands in the tree.

use std::path::Path;

use crate::tidy::Finding;
use crate::tidy::tree::Source;

/// Looks for paths that only somebody's machine has.
pub(super) fn check(source: &Source, root: &Path, findings: &mut Vec<Finding>) {
    let own = root.display().to_string();
    let parts = PARTS.iter().map(|(top, rest)| format!("{top}{rest}"));
    let paths: Vec<String> = parts.chain([own]).collect();
    for (index, line) in source.text.lines().enumerate() {
        if paths.iter().any(|path| holds(line, path)) {
            let expected = "a path relative to the workspace, or one from the environment";
            findings.push(source.finding(index + 1, "machine path", expected));
        }
    }
}

/// Whether the path begins a word in the line: `src/home/a` does not hold the second half.
fn holds(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-/>}*".contains(c))
    })
}

/// In two parts, so that this table does not find itself.
const PARTS: &[(&str, &str)] = &[("/home", "/"), ("/root", "/"), ("/Users", "/"), ("/tmp", "/")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_where_a_word_begins() {
        for (line, expected) in [
            ("run /root@bin/a", true),
            ("'/root@'", true),
            ("/root@a", true),
            ("src/root@a", false),
            ("<crate>/root@a", false),
            ("/rootless@a", false),
        ] {
            let line = line.replace('@', "/");
            assert_eq!(holds(&line, &["/root", "/"].concat()), expected, "{line}");
        }
    }
}
