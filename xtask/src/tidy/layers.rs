//! Which crate may depend on which: the layers of ARCHITECTURE.md as a table.
//!
//! The table is complete: an edge that is not in it is a finding, in development dependencies too,
//! and so is a crate without a row.

use std::path::Path;

use crate::tidy::Finding;
use crate::workspace::{Package, Workspace};

/// Compares the edges between the packages of the workspace with the table.
pub(super) fn check(workspace: &Workspace, findings: &mut Vec<Finding>) {
    for package in &workspace.packages {
        for expected in wrong_edges(package) {
            let path = package.folder_name().to_owned() + "/Cargo.toml";
            findings.push(Finding { path: path.into(), line: 1, rule: "layers", expected });
        }
    }
}

fn wrong_edges(package: &Package) -> Vec<String> {
    let folder = package.folder_name();
    let Some((_, allowed)) = EDGES.iter().find(|(from, _)| *from == folder) else {
        return vec![format!("a row for `{folder}` in the table of layers")];
    };
    let own = package.dependencies.iter().filter_map(|dependency| dependency.path.as_deref());
    own.filter_map(Path::file_name)
        .map(|to| to.to_string_lossy())
        .filter(|to| !allowed.contains(&to.as_ref()))
        .map(|to| format!("no dependency of `{folder}` on `{to}`; allowed are {allowed:?}"))
        .collect()
}

/// The folder of a crate, and the folders of those it may depend on.
const EDGES: &[(&str, &[&str])] = &[
    ("loopy-ring", &[]),
    ("packed-map", &[]),
    ("drp-parser", &[]),
    ("dmp-parser", &[]),
    ("databox", &["packed-map"]),
    ("kvstore", &["databox", "packed-map"]),
    ("zvm", &["databox"]),
    ("zvml", &["zvm"]),
    ("carrier-peers", &[]),
    ("carrier-compare", &["drp-parser", "carrier-peers"]),
    ("carrier-history", &["drp-parser", "carrier-peers", "carrier-compare"]),
    (
        "carrier-server",
        &[
            "loopy-ring",
            "packed-map",
            "drp-parser",
            "dmp-parser",
            "databox",
            "kvstore",
            "zvm",
            "zvml",
            "carrier-peers",
            "carrier-compare",
        ],
    ),
    ("carrier-load", &["drp-parser", "dmp-parser"]),
    (
        "carrier-counts",
        &[
            "loopy-ring",
            "packed-map",
            "drp-parser",
            "dmp-parser",
            "databox",
            "kvstore",
            "zvm",
            "zvml",
            "carrier-server",
        ],
    ),
    ("xtask", &["carrier-peers"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &str, dependencies: &[&str]) -> Package {
        let dependencies: Vec<_> = dependencies
            .iter()
            .map(|to| serde_json::json!({ "path": format!("/a/{to}") }))
            .collect();
        serde_json::from_value(serde_json::json!({
            "name": folder,
            "manifest_path": format!("/a/{folder}/Cargo.toml"),
            "dependencies": dependencies,
            "targets": [],
            "publish": null,
        }))
        .expect("a package")
    }

    #[test]
    fn an_edge_that_is_not_in_the_table_is_found() {
        assert!(wrong_edges(&package("kvstore", &["databox", "packed-map"])).is_empty());
        assert_eq!(wrong_edges(&package("zvm", &["databox", "kvstore"])).len(), 1);
        assert_eq!(wrong_edges(&package("drp-parser", &["databox", "dmp-parser"])).len(), 2);
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        assert_eq!(wrong_edges(&package("gossip", &[])).len(), 1);
    }

    #[test]
    fn the_table_has_no_cycle() {
        for (row, (from, allowed)) in EDGES.iter().enumerate() {
            for to in *allowed {
                let below = EDGES[..row].iter().any(|(lower, _)| lower == to);
                assert!(below, "{from} -> {to}: rows stand in order of their layers");
            }
        }
    }
}
