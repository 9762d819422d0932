//! Sources at and beyond the limits.

use std::fmt::Write as _;
use zvml::{Code, compile};

fn command(params: &str, body: &str) -> String {
    format!(
        "command T {{ access: WRITE run_where: ONE params: ({params}) returns: Any
            body {{ {body} return nil }} }}"
    )
}

fn codes(source: &str) -> Vec<Code> {
    match compile("limits.zvml", source) {
        Ok(programs) => {
            for program in programs {
                zvm::verify(program).unwrap();
            }
            Vec::new()
        }
        Err(diagnostics) => diagnostics.list().iter().map(|it| it.code).collect(),
    }
}

#[test]
fn variables_that_are_alive_at_once_have_registers() {
    let with = |count: usize| {
        let mut body = String::new();
        for index in 0..count {
            let _ = write!(body, "let v{index} = {index} ");
        }
        let names: Vec<String> = (0..count).map(|index| format!("v{index}")).collect();
        command("key: Key", &format!("{body} return array [{}]", names.join(", ")))
            .replace("return nil", "")
    };
    assert_eq!(codes(&with(254)), []);
    assert_eq!(codes(&with(256)), [Code::TooManyRegisters]);
}

#[test]
fn parameters_leave_room_for_variables() {
    let with = |count: usize| {
        let params: Vec<String> = (1..count).map(|index| format!("p{index}: Bytes")).collect();
        command(&format!("key: Key, {}", params.join(", ")), "")
    };
    assert_eq!(codes(&with(64)), []);
    assert_eq!(codes(&with(65)), [Code::TooManyRegisters]);
}

#[test]
fn programs_are_bounded() {
    let with = |count: usize| command("key: Key", &"@key_remove(key) ".repeat(count));
    assert_eq!(codes(&with(4000)), []);
    assert_eq!(codes(&with(4096)), [Code::TooLong]);
    let texts: String = (0..4200).fold(String::new(), |mut texts, index| {
        let _ = write!(texts, "if @key_exists(key) {{ return \"{index}\" }} ");
        texts
    });
    assert_eq!(codes(&command("key: Key", &texts)), [Code::TooLong]);
    let long = "x".repeat(300_000);
    let constants = command("key: Key", &format!("@string_set(key, \"{long}\")"));
    assert_eq!(codes(&constants), [Code::TooLong]);
}

#[test]
fn sources_are_bounded() {
    let source = "#".repeat((1 << 20) + 1);
    assert_eq!(codes(&source), [Code::SourceTooLong]);
    assert_eq!(codes(&source[1..]), []);
}

#[test]
fn nesting_is_bounded_and_ends_in_a_diagnostic() {
    let blocks = |depth: usize| {
        let inner = "if @key_exists(key) { ".repeat(depth) + &"} ".repeat(depth);
        command("key: Key", &inner)
    };
    assert_eq!(codes(&blocks(20)), []);
    assert_eq!(codes(&blocks(20_000)), [Code::TooDeep]);
    let parens = format!("let n = {}1{}", "(".repeat(50_000), ")".repeat(50_000));
    assert_eq!(codes(&command("key: Key", &parens)), [Code::TooDeep]);
    let nots = format!("let n = {}true", "!".repeat(50_000));
    assert_eq!(codes(&command("key: Key", &nots)), [Code::TooDeep]);
    let sum = format!("let n = 1{}", " + 1".repeat(50_000));
    assert_eq!(codes(&command("key: Key", &sum)), [Code::TooDeep]);
}

#[test]
fn diagnostics_are_bounded() {
    let many = codes(&command("key: Key", &"@nothing() ".repeat(1000)));
    assert_eq!(many.len(), 64);
}

#[test]
fn templates_expand_to_a_bounded_length() {
    let template = format!("template T<A> {{ command A{{A}} {{ # {}\n }} }}", "x".repeat(30_000));
    let source = |count: usize| {
        (0..count).fold(template.clone(), |mut source, index| {
            let _ = write!(source, "\ninstantiate T<{index}>");
            source
        })
    };
    assert_eq!(codes(&source(10)), [Code::MissingItem]);
    let many = codes(&source(60));
    assert!(many.contains(&Code::ExpansionTooLong), "{many:?}");
    let small =
        (0..2000).fold("template T<A> { }".to_owned(), |source, _| source + "\ninstantiate T<A>");
    assert_eq!(codes(&small), [Code::ExpansionTooLong]);
    let unused = format!("template T<A> {{ @if_type X in [Y] {{ # {} \n }} }}", "x".repeat(90_000));
    let unused = (0..200).fold(unused, |source, _| source + "\ninstantiate T<A>");
    assert_eq!(codes(&unused), [Code::ExpansionTooLong]);
    let nested = "@if_type {A} in [A] { ".repeat(20_000) + &"}".repeat(20_000);
    let nested = format!("template T<A> {{ {nested} }} instantiate T<A>");
    assert_eq!(codes(&nested), [Code::TooDeep]);
}

#[test]
fn metas_expand_to_a_bounded_length() {
    let mut source = "meta m0(key) expands_to { @key_remove(key) }".to_owned();
    for level in 1..=20 {
        let below = level - 1;
        let _ = write!(source, "meta m{level}(key) expands_to {{ @m{below}(key) @m{below}(key) }}");
    }
    let with = |level: usize| source.clone() + &command("key: Key", &format!("@m{level}(key)"));
    assert_eq!(codes(&with(8)), []);
    assert_eq!(codes(&with(12)), [Code::ExpansionTooLong]);
    assert_eq!(codes(&with(20)), [Code::MetaCycle; 2]);
}
