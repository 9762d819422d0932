//! The grammar for editors, `grammar/zvml.tmLanguage.json`, knows the words that the compiler does.

use crate::check::TYPES;
use crate::parse::{ITEMS, KEYWORDS};
use serde_json::Value;
use std::collections::BTreeSet;

/// Words that mean something in their place and are names elsewhere.
const CONTEXTUAL: &[&str] =
    &["for_values", "for_options", "with", "expands_to", "resp3", "once", "each", "none", "beyond"];

fn rule(name: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/grammar/zvml.tmLanguage.json");
    let text = std::fs::read_to_string(path).unwrap();
    let grammar: Value = serde_json::from_str(&text).unwrap();
    grammar["repository"][name]["match"].as_str().unwrap().to_owned()
}

/// The words between the first parentheses of a rule.
fn words(name: &str) -> BTreeSet<String> {
    let rule = rule(name);
    let (_, rest) = rule.split_once('(').unwrap();
    let (words, _) = rest.split_once(')').unwrap();
    words.split('|').map(str::to_owned).collect()
}

fn set<'w>(words: impl IntoIterator<Item = &'w str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

#[test]
fn keywords_are_the_parsers() {
    let mut all = words("declaration");
    all.append(&mut words("control"));
    all.append(&mut words("language"));
    assert_eq!(all, set(KEYWORDS.iter().chain(CONTEXTUAL).copied()));
}

#[test]
fn items_are_the_parsers() {
    assert_eq!(words("item"), set(ITEMS.iter().copied()));
}

#[test]
fn types_are_the_checkers() {
    let returns = zvm::Returns::NAMES.iter().map(|(name, _)| {
        let mut name = (*name).to_owned();
        name[..1].make_ascii_uppercase();
        name
    });
    let mut all: BTreeSet<String> = returns.collect();
    all.extend(TYPES.iter().map(|(name, _)| (*name).to_owned()));
    assert_eq!(words("type"), all);
}
