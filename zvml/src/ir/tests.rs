//! What each pass makes of a function: cases in `tests/<pass>.txt`, in the textual form.
//!
//! A case is `=== name`, a function, `---`, and what the pass makes of it. `UPDATE=1 cargo test -p
//! zvml` writes what the passes make of them.

use super::{passes, print::print, read::read};
use std::fmt::Write as _;
use std::path::PathBuf;

#[test]
fn passes_do_what_their_cases_say() {
    let mut failures = String::new();
    for name in NAMES {
        let pass = passes::named(name).unwrap_or_else(|| panic!("there is no pass {name}"));
        let path =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("src/ir/tests/{name}.txt"));
        let text = std::fs::read_to_string(&path).unwrap();
        let (head, cases) = text.split_at(text.find("=== ").unwrap_or(text.len()));
        let mut new = head.to_owned();
        for case in cases.split("=== ").skip(1) {
            let (title, rest) = case.split_once('\n').unwrap();
            let (input, expected) = rest.split_once("---\n").unwrap_or((rest, ""));
            let input = input.trim_end();
            let mut function = read(input).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(print(&function).trim_end(), input, "{name}: {title}: does not come back");
            pass(&mut function);
            let got = print(&function);
            if got.trim_end() != expected.trim_end() {
                let _ = write!(failures, "{name}: {title}\n{expected}--- got\n{got}\n");
            }
            let _ = write!(new, "=== {title}\n{input}\n---\n{got}\n");
        }
        if std::env::var_os("UPDATE").is_some_and(|value| value != "0") {
            std::fs::write(&path, new.trim_end().to_owned() + "\n").unwrap();
            failures.clear();
        }
    }
    assert!(failures.is_empty(), "\n{failures}\nUPDATE=1 accepts the new output");
}

/// The passes that have cases: all of them.
const NAMES: [&str; 9] =
    ["plain", "fold", "copies", "dead", "thread", "join", "checks", "count", "fuse"];
