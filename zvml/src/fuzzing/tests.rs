//! Random and mutated sources, within the time of a unit test.

use super::check_source;
use proptest::prelude::*;

/// Words that commands are made of; sequences of them get further than random bytes.
const WORDS: &str = "command SET GET { } ( ) [ ] : , | ? ... + - * / = == < && || ! .. -> access \
    READ WRITE run_where ONE KEYS params key Key Bytes Integer opts NX returns Any pre ensure_type \
    validate STRING or return_nil error (\"ERR_x\") body let n 0 1 if else for in emit return \
    array map nil ok value @string_get @string_integer @set_add @key_expiry @args_count members \
    skip #c\n ///d\n \" \\ status true false decode example since template instantiate meta \
    expands_to resp3 {A} @if_type @else @error for_values value T<A> m(";

/// Some of those words, in any order.
fn words(count: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let words: Vec<&str> = WORDS.split(' ').filter(|word| !word.is_empty()).collect();
    proptest::collection::vec(proptest::sample::select(words), count).prop_map(|it| it.join(" "))
}

/// A command that many bodies fit into.
const HEAD: &str = "command T { access: WRITE run_where: ONE
    params: (key: Key, n: Integer?, values: Bytes) opts: [A | B] [C x: Integer y: Bytes]
    returns: Any body { ";

/// The same with a loop to fill.
const LOOP: &str = "command T { access: WRITE run_where: KEYS
    params: (keys: (key: Key, value: Bytes)+) returns: Array body { let m = 0
    return array { for (key, value) in keys { ";

const STATEMENTS: &[&str] = &[
    "let u = x or 3",
    "let v = @string_get(key)",
    "if let w = v { ",
    "if let w = x { ",
    "}",
    "} else { ",
    "m = m + 1 or 0",
    "let m = 1",
    "if a && !(b || m < 2) { ",
    "if true { ",
    "@string_set(key, value)",
    "emit @string_get(key) or nil",
    "emit value",
    "emit m or skip",
    "return error(\"ERR no\")",
    "return nil",
    "return m",
    "return v",
    "return v or \"d\"",
    "let e = @key_expiry(key) or return_zero",
    "let e = @key_expiry(key) or 0",
    "v = v",
    "m = 5",
    "return array [m, v, array { emit 1 }]",
    "return map { \"a\": m, \"b\": v or nil }",
    "return @key_persist(key)",
    "@ensure_type(key, SET) or return_nil",
    "@ensure_type(key, SET)",
    "let i = @string_integer(key) or error(\"ERR i\")",
    "let i = @string_integer(key)",
    "let q = a || b == (1 == 2)",
    "let c2 = m * 2 - 9999999999 or 7",
    "return e or \"x\"",
    "return e or 5",
    "return array { if a { emit 1 } emit i emit nil }",
    "emit array [v, m, nil]",
    "let sum = m + 1",
    "let f = @float_from_int(m) * 1.5 or 1.5",
    "if f < 1.5 || f == f { ",
    "emit f / f",
    "m = @float_floor(f - 1.5)",
    "emit resp3 array [m, 1] else m + 1",
    "emit resp3 m or skip else nil",
    "return resp3 map { \"a\": m } else array [\"a\", m + 1]",
    "if @resp3() { ",
    "emit m + 1",
    "emit array [m - 1, @string_integer(key), array { emit m + 2 }]",
    "return array [m * 2, array [i / 3, 1], map { \"a\": m + 1 }]",
];

/// A template and a meta that are used twice, with room for statements in both.
const EXPANDED: &str = "template T<Name, Type> { command {Name} { access: WRITE run_where: ONE
    params: (key: Key, n: Integer?, values: Bytes) opts: [A | B] [C x: Integer y: Bytes]
    returns: Any body { @if_type {Type} in [SET] { let m = 1 } @else { let m = 2 }
    @first(key, a, b, n, x, values, m) ";

const META: &str = " return nil } } } instantiate T<ONE, SET> instantiate T<TWO, STRING>
    meta second(n) expands_to { let q = n } meta first(key, a, b, n, x, value, m) expands_to {
    @second(m) ";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_source(&data);
    }

    #[test]
    fn any_words(words in words(0..80)) {
        check_source(words.as_bytes());
    }

    #[test]
    fn any_words_in_a_body(words in words(0..30)) {
        check_source(format!("{HEAD}{words} }} }}").as_bytes());
    }

    #[test]
    fn any_statements_in_templates_and_metas(
        body in proptest::collection::vec(proptest::sample::select(STATEMENTS), 0..6),
        meta in proptest::collection::vec(proptest::sample::select(STATEMENTS), 0..10),
    ) {
        let (body, meta) = (body.join(" "), meta.join("\n"));
        check_source(format!("{EXPANDED}{body}{META}{meta} }}").as_bytes());
    }

    #[test]
    fn any_statements(
        in_loop in any::<bool>(),
        statements in proptest::collection::vec(proptest::sample::select(STATEMENTS), 0..14),
    ) {
        let (head, tail) = if in_loop { (LOOP, " } } } }") } else { (HEAD, " return nil } }") };
        check_source(format!("{head}{}{tail}", statements.join("\n")).as_bytes());
    }
}

#[test]
fn mutations_of_the_built_in_commands() {
    let sources = ["connection", "server", "keys", "strings", "sets", "memcached"];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below.max(1)
    };
    for name in sources {
        let path = format!("{}/../carrier-server/commands/{name}.zvml", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read(path).unwrap();
        check_source(&source);
        for _ in 0..60 {
            let mut mutated = source.clone();
            for _ in 0..=random(4) {
                let (at, from) = (random(mutated.len()), random(mutated.len()));
                let len = random(24).min(mutated.len() - at.max(from));
                let piece = mutated[from..from + len].to_vec();
                match random(3) {
                    0 => drop(mutated.drain(at..at + len)),
                    1 => drop(mutated.splice(at..at, piece)),
                    _ => drop(mutated.splice(at..at + len, piece)),
                }
            }
            check_source(&mutated);
        }
    }
}
