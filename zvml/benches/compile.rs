//! Compiling every built-in command from source, as each start of the server does.

use criterion::{Criterion, Throughput};
use std::hint::black_box;

fn sources() -> Vec<(String, String)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../carrier-server/commands");
    let read = |name: &str| {
        let file = format!("{name}.zvml");
        let source = std::fs::read_to_string(format!("{directory}/{file}"));
        (file, source.expect("the built-in sources stand beside this crate"))
    };
    ["connection", "server", "keys", "strings", "sets", "memcached"].map(read).into()
}

fn compile_all(sources: &[(String, String)]) -> usize {
    let compile = |(file, source): &(String, String)| {
        zvml::compile(file, black_box(source)).map_or(0, |programs| programs.len())
    };
    sources.iter().map(compile).sum()
}

fn bench(criterion: &mut Criterion) {
    let sources = sources();
    let commands = compile_all(&sources);
    assert!(commands > 30, "the built-in sources compile");
    let mut group = criterion.benchmark_group("compile");
    group.throughput(Throughput::Elements(commands as u64));
    group.bench_function("built-in commands", |bencher| bencher.iter(|| compile_all(&sources)));
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    bench(&mut criterion);
    criterion.final_summary();
}
