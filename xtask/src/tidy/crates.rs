//! What stands beside the code of every crate that may be published.

use crate::tidy::Finding;
use crate::workspace::Workspace;

/// Looks for the documents of each crate.
pub(super) fn check(workspace: &Workspace, findings: &mut Vec<Finding>) {
    for package in workspace.packages.iter().filter(|package| package.is_publishable()) {
        for (name, expected) in DOCUMENTS {
            let has_text = std::fs::read_to_string(package.folder().join(name))
                .is_ok_and(|text| !text.trim().is_empty());
            if !has_text {
                findings.push(Finding {
                    path: format!("{}/{name}", package.folder_name()).into(),
                    line: 1,
                    rule: "documents",
                    expected: (*expected).to_owned(),
                });
            }
        }
    }
}

const DOCUMENTS: &[(&str, &str)] = &[
    ("README.md", "what the crate is for, as its documentation begins with it"),
    ("CHANGELOG.md", "what changed for those who use the crate, from `Unreleased` on"),
];
