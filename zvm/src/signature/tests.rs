//! What follows from a declaration, against what Redis says of its own commands.

use crate::testing::OwnedArgs;
use crate::{KeyPositions, Program, assemble};

fn program(declarations: &str) -> Program {
    assemble(declarations).unwrap_or_else(|error| panic!("{error} in\n{declarations}"))
}

/// Declaration, arity, key positions as `COMMAND INFO` of Redis 7.0 tells them.
const COMMANDS: [(&str, i64, [i64; 3]); 17] = [
    ("program \"PING\"\nparam message: bytes optional", -1, [0, 0, 0]),
    ("program \"ECHO\"\nparam message: bytes", 2, [0, 0, 0]),
    ("program \"GET\"\nparam key: key", 2, [1, 1, 1]),
    ("program \"SET\"\nparam key: key\nparam value: bytes\noptions nx NX", -3, [1, 1, 1]),
    ("program \"INCRBY\"\nparam key: key\nparam n: integer", 3, [1, 1, 1]),
    ("program \"MGET\"\nvariadic key: key", -2, [1, -1, 1]),
    ("program \"MSET\"\nvariadic key: key, value: bytes", -3, [1, -1, 2]),
    ("program \"SADD\"\nparam key: key\nvariadic member: bytes", -3, [1, 1, 1]),
    ("program \"SMOVE\"\nparam a: key\nparam b: key\nparam member: bytes", 4, [1, 2, 1]),
    ("program \"PFMERGE\"\nparam to: key\nvariadic_optional from: key", -2, [1, -1, 1]),
    ("program \"BLPOP\"\nvariadic key: key\nparam timeout: float", -3, [1, -2, 1]),
    (
        "program \"ZADD\"\nparam key: key\noptions nx NX\noptions_before 1\n\
      variadic score: float, member: bytes",
        -4,
        [1, 1, 1],
    ),
    (
        "program \"SINTERCARD\"\nparam n: integer\ncounted 0 key: key\noptions a A (m: integer)",
        -3,
        [0, 0, 0],
    ),
    ("program \"ZUNIONSTORE\"\nparam to: key\nparam n: integer\ncounted 1 key: key", -4, [1, 1, 1]),
    (
        "program \"BITCOUNT\"\nparam key: key\nparam start: integer, end: integer optional",
        -2,
        [1, 1, 1],
    ),
    ("program \"CLIENT ID\"", 2, [0, 0, 0]),
    ("program \"OBJECT ENCODING\"\nparam key: key", 3, [2, 2, 1]),
];

#[test]
fn arity_and_key_positions_are_those_of_redis() {
    for (declaration, arity, [first, last, step]) in COMMANDS {
        let program = program(declaration);
        assert_eq!(program.arity(), arity, "{declaration}");
        let positions = program.signature.key_positions(program.name_words());
        assert_eq!(positions, KeyPositions { first, last, step }, "{declaration}");
    }
}

#[test]
fn full_names_are_lower_case() {
    assert_eq!(program("program \"CLIENT ID\"").full_name(), "client|id");
}

#[test]
fn keys_are_found_among_the_arguments() {
    for (declaration, request, expected) in [
        ("param key: key\nparam value: bytes\noptions nx NX", "k v NX", vec![0]),
        ("variadic key: key, value: bytes", "a 1 b 2", vec![0, 2]),
        ("variadic score: float, key: key", "1 a 2 b", vec![1, 3]),
        ("param to: key\nvariadic_optional from: key", "a", vec![0]),
        ("param to: key\nvariadic_optional from: key", "a b c", vec![0, 1, 2]),
        ("variadic from: key\nparam to: key\nparam n: integer", "a b c 1", vec![0, 1, 2]),
        ("param to: key\nparam n: integer\ncounted 1 from: key", "a 2 b c", vec![0, 2, 3]),
        ("param n: integer\ncounted 0 key: key\noptions x X", "2 a b X", vec![1, 2]),
        ("param n: integer\ncounted 0 key: key\noptions x X", "3 a b", vec![]),
        ("param n: integer\noptions x X\noptions_before 1\nvariadic key: key", "1 X X a", vec![3]),
    ] {
        let signature = program(&format!("program \"X\"\n{declaration}")).signature;
        let args: Vec<&str> = request.split(' ').collect();
        let args = OwnedArgs::new(&args);
        assert!(signature.accepts(args.args().len()), "{declaration}");
        assert_eq!(signature.keys(args.args()).collect::<Vec<_>>(), expected, "{declaration}");
    }
}

#[test]
fn the_number_of_arguments_is_judged() {
    for (declaration, accepted, refused) in [
        ("", &[0][..], &[1, 2][..]),
        ("param key: key", &[1], &[0, 2]),
        ("param a: bytes\nparam b: bytes optional", &[1, 2], &[0, 3]),
        ("param key: key\noptions nx NX", &[1, 2, 9], &[0]),
        ("variadic key: key", &[1, 2, 9], &[0]),
        ("variadic_optional key: key", &[0, 1, 9], &[]),
        ("variadic key: key, value: bytes", &[2, 4], &[0, 1, 3]),
        ("param a: key\nvariadic b: bytes, c: bytes\nparam d: bytes", &[4, 6], &[2, 3, 5]),
    ] {
        let signature = program(&format!("program \"X\"\n{declaration}")).signature;
        for argc in accepted {
            assert!(signature.accepts(*argc), "{declaration}: {argc}");
        }
        for argc in refused {
            assert!(!signature.accepts(*argc), "{declaration}: {argc}");
        }
    }
}

#[test]
fn registers_follow_the_declaration() {
    let program = program(
        "program \"X\"\nparam key: key\nparam n: integer optional\n\
         options nx NX | xx XX\noptions limit LIMIT (offset: integer, count: integer)",
    );
    let registers: Vec<String> = program
        .signature
        .registers()
        .map(|param| {
            let mark = if param.optional { "?" } else { "" };
            format!("r{} {}: {mark}{}", param.register, param.name, param.ty.name())
        })
        .collect();
    assert_eq!(
        registers,
        [
            "r0 key: key",
            "r1 n: ?int",
            "r2 nx: bool",
            "r3 xx: bool",
            "r4 offset: ?int",
            "r5 count: ?int"
        ]
    );
    assert_eq!(program.registers, 6);
}
