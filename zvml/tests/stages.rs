//! What each stage makes of a source, from the files of `tests/<stage>`.

mod common;

use common::run_cases;
use zvml::{Stage, explain};

fn stage(stage: Stage) -> impl Fn(&str) -> String {
    move |source| {
        explain("case.zvml", source, stage).unwrap_or_else(|diagnostics| diagnostics.to_string())
    }
}

#[test]
fn tokens() {
    run_cases("lex", stage(Stage::Tokens));
}

#[test]
fn expansions() {
    run_cases("expand", stage(Stage::Expanded));
}

#[test]
fn syntax() {
    run_cases("parse", stage(Stage::Syntax));
}

#[test]
fn formatting() {
    run_cases("format", |source| {
        zvml::format("case.zvml", source).unwrap_or_else(|diagnostics| diagnostics.to_string())
    });
}

#[test]
fn intermediate_form() {
    run_cases("ir", stage(Stage::Ir));
}

#[test]
fn programs() {
    run_cases("program", |source| match zvml::compile("case.zvml", source) {
        Ok(programs) => {
            let texts: Vec<String> = programs.iter().map(zvm::disassemble).collect();
            for program in programs {
                zvm::verify(program).unwrap();
            }
            texts.join("\n")
        }
        Err(diagnostics) => diagnostics.to_string(),
    });
}

#[test]
fn diagnostics() {
    run_cases("diagnostics", |source| match zvml::compile("case.zvml", source) {
        Ok(_) => "no diagnostics".to_owned(),
        Err(diagnostics) => diagnostics.to_string(),
    });
}

/// Every code is shown by a case, so that each message has been looked at.
#[test]
fn the_gallery_is_complete() {
    if common::updating() {
        return; // The files are being written.
    }
    let directory = common::root().join("tests/diagnostics");
    let gallery: String = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let hidden: Vec<String> = zvml::Code::ALL
        .iter()
        .filter(|code| !LIMITS.contains(code))
        .map(ToString::to_string)
        .filter(|code| !gallery.contains(&format!("error[{code}]")))
        .collect();
    assert!(hidden.is_empty(), "no case shows {hidden:?}");
}

/// Codes whose sources are too long for a file; `tests/limits.rs` makes them.
const LIMITS: &[zvml::Code] = &[
    zvml::Code::TooManyRegisters,
    zvml::Code::TooLong,
    zvml::Code::SourceTooLong,
    zvml::Code::ExpansionTooLong,
];
