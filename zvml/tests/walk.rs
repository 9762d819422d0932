//! The newcomer's walk: what WALK.md says that the compiler says.
//!
//! A block of `zvml` is a source, the block of `console` behind it what `carrier-server zvml check`
//! tells about it. `UPDATE=1 cargo test -p zvml` writes the latter anew.

mod common;

use common::{Machine, compiled, root, updating};

/// The parts of a document: text, and the contents of its fenced blocks with their kind.
fn parts(text: &str) -> Vec<(Option<&str>, String)> {
    let mut parts: Vec<(Option<&str>, String)> = vec![(None, String::new())];
    for line in text.lines() {
        let open = parts.last().unwrap().0.is_some();
        match line.strip_prefix("```") {
            Some("") if open => parts.push((None, String::new())),
            Some(kind) => parts.push((Some(kind), String::new())),
            None => {
                let part = parts.last_mut().unwrap();
                part.1 += line;
                part.1.push('\n');
            }
        }
    }
    parts
}

/// What the compiler tells about a source.
fn tell(source: &str) -> String {
    match zvml::compile("setmax.zvml", source) {
        Ok(programs) => {
            for program in &programs {
                zvm::verify(program.clone()).unwrap();
            }
            let count = programs.len();
            format!("setmax.zvml: {count} command{}\n", if count == 1 { "" } else { "s" })
        }
        Err(diagnostics) => diagnostics.to_string(),
    }
}

#[test]
fn the_compiler_says_what_the_walk_says() {
    let path = root().join("WALK.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (mut new, mut told, mut steps) = (String::new(), None, 0);
    for (kind, part) in parts(&text) {
        match kind {
            None => new += &part,
            Some("console") => {
                let told = told.take().expect("a source before what is told about it");
                new += &format!("```console\n{told}```\n");
                steps += 1;
            }
            Some(kind) => {
                if kind == "zvml" {
                    told = Some(tell(&part));
                }
                new += &format!("```{kind}\n{part}```\n");
            }
        }
    }
    assert_eq!(steps, 4);
    if updating() {
        std::fs::write(&path, &new).unwrap();
    } else {
        assert!(new == text, "WALK.md says something else; UPDATE=1 accepts what is said now");
    }
}

#[test]
fn the_walk_ends_with_a_command_that_does_what_it_says() {
    if updating() {
        return; // The walk is being written.
    }
    let text = std::fs::read_to_string(root().join("WALK.md")).unwrap();
    let mut sources = parts(&text).into_iter().filter(|(kind, _)| *kind == Some("zvml"));
    let source = sources.next_back().unwrap().1;
    assert_eq!(zvml::format("setmax.zvml", &source).as_ref(), Ok(&source));
    let programs = compiled(vec![("setmax.zvml".to_owned(), source)]);
    let mut machine = Machine::with(programs.clone());
    for example in &programs[0].docs.examples {
        machine.reset();
        let replies = example.request.split(';').map(|request| machine.request(request.trim()));
        assert_eq!(replies.last().unwrap(), format!(":{}", example.reply), "{}", example.request);
    }
}
