//! The comparison on planted counts.

use super::*;

fn record() -> Record {
    let text = "[a]\nunit = \"unit\"\ninstructions = 100.0\ntarget = 90\n\
                [b]\nunit = \"unit\"\ninstructions = 2000.0\n";
    toml::from_str(text).expect("a record")
}

fn compared(now: &[(&str, f64)]) -> Comparison {
    let mut comparison = Comparison::default();
    for (name, now) in now {
        comparison.add(&record(), &Subject::named(name), *now);
    }
    comparison
}

fn differing(comparison: &Comparison) -> Vec<String> {
    match comparison.verdict() {
        Ok(()) => Vec::new(),
        Err(Error::Counts { differing }) => differing,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn five_percent_more_or_fewer_is_found_and_two_are_not() {
    assert!(differing(&compared(&[("a", 102.0), ("b", 1960.0)])).is_empty());
    assert_eq!(differing(&compared(&[("a", 105.0), ("b", 2000.0)])), ["a"]);
    assert_eq!(differing(&compared(&[("a", 100.0), ("b", 1900.0)])), ["b"]);
    let planted = compared(&[("a", 105.0), ("b", 2000.0)]);
    assert!(planted.to_string().contains("+5.0 %      90  unit  MORE"), "{planted}");
}

#[test]
fn a_path_that_is_new_or_gone_is_found() {
    let mut comparison = compared(&[("a", 100.0), ("c", 7.0)]);
    assert_eq!(differing(&comparison), ["c"]);
    comparison.add_gone(&record(), &[Subject::named("a"), Subject::named("c")]);
    assert_eq!(differing(&comparison), ["c", "b"]);
}

#[test]
fn an_update_keeps_targets_and_what_was_not_counted() {
    let mut updated = record();
    updated.update(&compared(&[("a", 105.04), ("c", 7.0)]));
    let all = ["c", "a", "b"].map(Subject::named);
    let entries = "\n[c]\nunit = \"unit\"\ninstructions = 7.0\n\
                   \n[a]\nunit = \"unit\"\ninstructions = 105.0\ntarget = 90\n\
                   \n[b]\nunit = \"unit\"\ninstructions = 2000.0\n";
    assert_eq!(updated.text(&all), HEAD.to_owned() + entries);
    let read: Record = toml::from_str(&updated.text(&all)).expect("what was written");
    assert_eq!(read.text(&all), updated.text(&all));
}

#[test]
fn an_update_forgets_what_is_gone() {
    let mut updated = record();
    let mut comparison = compared(&[("a", 100.0)]);
    comparison.add_gone(&updated, &[Subject::named("a")]);
    updated.update(&comparison);
    assert!(!updated.text(&["a", "b"].map(Subject::named)).contains("[b]"));
}
