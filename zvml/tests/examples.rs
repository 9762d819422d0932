//! The sources of `examples/`: they compile, run as their examples say, and stand in `docs/` as
//! they are.

mod common;

use common::{Machine, compiled, example_sources, root};
use zvm::Program;

#[test]
fn examples_hold() {
    let programs = compiled(example_sources());
    let mut machine = Machine::with(programs.clone());
    for program in &programs {
        assert!(program.docs.summary.ends_with('.'), "{}", program.name);
        assert!(program.docs.examples.len() >= 3, "{}", program.name);
        for example in &program.docs.examples {
            machine.reset();
            let replies = example.request.split(';').map(|request| machine.request(request.trim()));
            let reply = replies.last().unwrap();
            let plain = reply.strip_prefix(['+', '-', ':']).unwrap_or(&reply);
            assert_eq!(plain, &*example.reply, "{}", example.request);
        }
    }
}

#[test]
fn no_example_takes_a_built_in_name() {
    let built_in = common::built_in_programs();
    let is_built_in = |program: &Program| built_in.iter().any(|it| it.name == program.name);
    assert!(!compiled(example_sources()).iter().any(is_built_in));
}

#[test]
fn each_example_has_its_page() {
    for (file, source) in example_sources() {
        let page = root().join("docs").join(file.replace(".zvml", ".md"));
        let text = std::fs::read_to_string(&page);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        let shown = format!("```text\n{source}```\n");
        assert!(text.contains(&shown), "{} does not show examples/{file}", page.display());
    }
}
