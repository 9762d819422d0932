//! What constructs of the language do when they run.

mod common;

use common::Machine;
use zvm::testing::{FakeSession, MapStore, OwnedArgs, RecordingSink};
use zvm::{Program, Registers};

fn compile(source: &str) -> Vec<Program> {
    zvml::compile("a.zvml", source).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// A command that writes, with these parameters and this body.
fn command(params: &str, body: &str) -> String {
    format!(
        "command T {{ access: WRITE run_where: ONE params: ({params}) returns: Any
            body {{ {body} }} }}"
    )
}

/// The replies to requests, on one shard.
fn replies(source: &str, requests: &[&str]) -> Vec<String> {
    let mut machine = Machine::with(compile(source));
    requests.iter().map(|request| machine.request(request)).collect()
}

/// The reply of a command to a client of RESP2 or RESP3.
fn reply_in(source: &str, resp3: bool) -> String {
    let program = zvm::verify(compile(source).pop().unwrap()).unwrap();
    let (mut registers, mut store) = (Registers::new(), MapStore::new());
    let mut sink = if resp3 { RecordingSink::new() } else { RecordingSink::resp2() };
    let args = OwnedArgs::new(&["k"]);
    let session = &mut FakeSession::new();
    zvm::run(&program, &args.frame(), &mut registers, &mut store, session, &mut sink);
    sink.reply().unwrap().to_owned()
}

/// The sources that the language comes from, with the primitives as they are called here.
#[test]
fn the_original_forms_are_understood() {
    let source = "
    template SetOperation<Prefix, Type, Prim> {
        command {Prefix}ADD2 {
            access: WRITE
            run_where: ONE
            pre_access: VALUE_PTR
            params: (key: Key, values: String...)
            returns: Integer
            pre {
                key: ensure_type({Type}) or create
            }
            body {
                for_values(1) {
                    @{Prim}_add(key, value)
                }
                return @{Prim}_len(key)
            }
        }
        command {Prefix}CARD2 {
            access: READ
            run_where: ONE
            pre_access: VALUE_PTR
            params: (key: Key)
            returns: Integer
            pre {
                key: ensure_type({Type}) or return_zero
            }
            body {
                @if_type {Type} in [SET_Q, SET_QN] {
                    @error(\"not yet\")
                } @else {
                    let count = @{Prim}_len(key)
                }
                return count
            }
        }
    }
    instantiate SetOperation<S, SET_MAP, set>";
    let requests = ["SCARD2 s", "SADD2 s a b a", "SADD2 s c", "SCARD2 s", "SADD2 t"];
    let wrong = "-ERR wrong number of arguments for 'sadd2' command";
    assert_eq!(replies(source, &requests), [":0", ":2", ":3", ":3", wrong]);
}

#[test]
fn metas_assign_to_what_they_were_given_and_compute_arguments_once() {
    let source = "
    meta add_to(total, amount) expands_to {
        let twice = amount + amount
        total = total + twice
    }
    meta add_all(total, items, text) expands_to {
        for item in items {
            @add_to(total, 1)
        }
        if total > 100 {
            return error(text)
        }
    }
    meta unless_kind(key, kind) expands_to {
        @ensure_type(key, kind)
    }
    command T {
        access: WRITE run_where: ONE params: (key: Key, n: Integer, items: Bytes...)
        returns: Integer
        pre { @unless_kind(key, STRING) }
        body {
            let twice = 1
            let total = n
            @add_to(total, @set_len(key) + twice)
            add_all(total, items, \"ERR too many\")
            return total + twice
        }
    }";
    let requests = ["T k 0 a b c", "T k 95 a", "T k 98 a", "SADD s a", "T s 0 a"];
    let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    assert_eq!(replies(source, &requests), [":9", ":100", "-ERR too many", ":1", wrong]);
}

#[test]
fn an_argument_with_an_effect_has_it_once() {
    let source = format!(
        "meta use_twice(added) expands_to {{ if added {{ if added {{ @key_exists(key2) }} }} }} {}",
        command("key: Key", "@use_twice(@set_add(key, \"a\")) return @set_len(key)")
    );
    let error = zvml::compile("a.zvml", &source).unwrap_err().to_string();
    assert!(error.contains("nothing called `key2`"), "{error}");
    let source = source.replace("@key_exists(key2)", "@now_ms()");
    assert_eq!(replies(&source, &["T k"]), [":1"]);
}

#[test]
fn a_return_in_a_meta_ends_the_command() {
    let source = format!(
        "meta refuse(n, low) expands_to {{ if n < low {{ return error(\"ERR low\") }} }} {}",
        command("key: Key, n: Integer", "@refuse(n, 5) @refuse(10, n) return ok")
    );
    assert_eq!(replies(&source, &["T k 4", "T k 5", "T k 11"]), ["-ERR low", "+OK", "-ERR low"]);
}

#[test]
fn validate_has_a_usual_error() {
    let source = "command T { access: READ run_where: ONE params: (key: Key, n: Integer)
        returns: Integer pre { n: validate(0..1) } body { return n } }";
    let error = "-ERR value is not an integer or out of range";
    assert_eq!(replies(source, &["T k 1", "T k 2", "T k x"]), [":1", error, error]);
}

#[test]
fn errors_in_arrays_take_back_what_was_replied() {
    let body = "let m = n + 1 return array [m, [m * 2], map { \"a\": n - 1, \"b\": n * n }]";
    let source = command("key: Key, n: Integer", &body.replace("[m * 2]", "array [m * 2]"));
    let overflow = "-ERR increment or decrement would overflow";
    let requests = ["T k 3", "T k 9223372036854775807", "T k -9223372036854775808"];
    let good = "[:4, [:8], {\"a\": :2, \"b\": :9}]";
    assert_eq!(replies(&source, &requests), [good, overflow, overflow]);
}

#[test]
fn replies_may_differ_between_protocol_versions() {
    let body = "return array [1, resp3 map { \"a\": 1 } else \"a\", resp3 true else 2]";
    let source = command("key: Key", body);
    assert_eq!(reply_in(&source, true), "[:1, {\"a\": :1}, true]");
    assert_eq!(reply_in(&source, false), "[:1, \"a\", :2]");
    let body = "return array { if @resp3() { emit array [1, 2] } else { emit 1 emit 2 } }";
    let source = command("key: Key", body);
    assert_eq!(reply_in(&source, true), "[[:1, :2]]");
    assert_eq!(reply_in(&source, false), "[:1, :2]");
    let body = "return resp3 @string_get(key) or nil else resp3 2 else status(\"NONE\")";
    assert_eq!(reply_in(&command("key: Key", body), false), "+NONE");
    assert_eq!(reply_in(&command("key: Key", body), true), "nil");
}

#[test]
fn doubles_are_checked_as_integers_are() {
    let source = command(
        "key: Key, x: Float",
        "let y = x * 2.0 + 0.5
        if y < -1.0 || x == 1.0e2 { return -x }
        if !(x >= 1.5e-3) { return @float_floor(y) }
        return array [y / (x - 3.0) or 7.25, @float_from_int(3) > x, x != 4.0]",
    );
    let requests = ["T k -3.5", "T k 100", "T k 0.001", "T k 3", "T k 4", "T k 1e308", "T k ten"];
    let expected = [
        "double 3.5",
        "double -100",
        ":0",
        "[double 7.25, false, true]",
        "[double 8.5, false, false]",
        "-ERR increment would produce NaN or Infinity",
        "-ERR value is not a valid float",
    ];
    assert_eq!(replies(&source, &requests), expected);
}

#[test]
fn loops_go_over_integers_and_over_containers() {
    let sum = command(
        "key: Key, low: Integer, high: Integer",
        "let sum = 0 for n in low..high { sum = sum + n } return sum",
    );
    let requests = ["T k 1 100", "T k 5 5", "T k 5 1", "T k 0 65535", "T k 0 65536", "T k x 1"];
    let expected = [
        ":5050",
        ":5",
        ":0",
        ":2147450880",
        "-ERR range is too long",
        "-ERR value is not an integer or out of range",
    ];
    assert_eq!(replies(&sum, &requests), expected);
    let longest = command(
        "key: Key, members: Bytes...?",
        "for member in members { @set_add(key, member) }
         return array { for member in @set_members(key) { if member != \"b\" { emit member } } }",
    );
    let requests = ["T k", "T k a b", "T k 12"];
    let found = replies(&longest, &requests);
    assert_eq!(found[..2], ["[]", "[\"a\"]"]);
    assert!(["[\"a\", \"12\"]", "[\"12\", \"a\"]"].contains(&&*found[2]), "{found:?}");
}

/// `ZUNIONSTORE` has weights, as many as keys.
#[test]
fn numbers_stand_beside_a_counted_list() {
    let source = "command T { access: READ run_where: ONE
        params: (key: Key, numkeys: Integer, keys: Bytes[numkeys])
        opts: [WEIGHTS weights: Float[numkeys] or error(\"ERR weight value is not a float\")]
            [AGGREGATE SUM | AGGREGATE MIN]
        returns: Any
        body {
            let sum = 0.0
            return array {
                for value in keys with weight in weights {
                    let factor = weight or 1.0
                    sum = sum + factor
                    emit value
                    emit weight
                }
                emit sum
                emit aggregate_min
            }
        } }";
    let requests = [
        "T k 2 a b",
        "T k 2 a b WEIGHTS 2 0.5",
        "T k 2 a b aggregate min weights 2 -1 AGGREGATE MIN",
        "T k 2 a b WEIGHTS 2",
        "T k 2 a b WEIGHTS 2 x",
        "T k 2 a b WEIGHTS 2 3 4",
        "T k 0 WEIGHTS 2",
    ];
    let expected = [
        r#"["a", nil, "b", nil, double 2, false]"#,
        r#"["a", double 2, "b", double 0.5, double 2.5, false]"#,
        r#"["a", double 2, "b", double -1, double 1, true]"#,
        "-ERR syntax error",
        "-ERR weight value is not a float",
        "-ERR syntax error",
        "-ERR value is not an integer or out of range",
    ];
    assert_eq!(replies(source, &requests), expected);
}

/// As the operations of `BITFIELD`, which take place in the order in which they stand.
#[test]
fn options_of_which_each_counts_come_in_order() {
    let source = "command T { access: READ run_where: ONE
        params: (key: Key)
        opts: [each GET width: Bytes at: Integer | SET to: Integer | OVERFLOW mode: Bytes | FLAG]
            [LIMIT limit: Integer]
        returns: Any
        body {
            let mode_now = \"WRAP\"
            for_options(OVERFLOW) {
                if let word = mode {
                    if !@bytes_same_word(word, \"WRAP\") && !@bytes_same_word(word, \"SAT\") {
                        return error(\"ERR Invalid OVERFLOW type specified\")
                    }
                }
            }
            return array {
                for_options(GET) {
                    if let here = at {
                        emit width
                        emit here
                    } else if let value = to {
                        emit value
                        emit mode_now
                    } else if let word = mode {
                        mode_now = word
                    } else if flag {
                        emit status(\"FLAG\")
                    }
                }
                emit limit
            }
        } }";
    let requests = [
        "T k",
        "T k get u8 0 set 1 overflow sat SET 2 LIMIT 5 FLAG OVERFLOW WRAP SET 3 limit 6",
        "T k GET u8",
        "T k GET u8 x",
        "T k OVERFLOW no",
        "T k SET 1 FLAG SET 9223372036854775808",
    ];
    let expected = [
        "[nil]",
        r#"["u8", :0, :1, "WRAP", :2, "sat", +FLAG, :3, "WRAP", :6]"#,
        "-ERR syntax error",
        "-ERR value is not an integer or out of range",
        "-ERR Invalid OVERFLOW type specified",
        "-ERR value is not an integer or out of range",
    ];
    assert_eq!(replies(source, &requests), expected);
}

/// As the patterns of `SORT`, which are filled in for each element.
#[test]
fn loops_stand_in_loops() {
    let source = "command T { access: WRITE run_where: ONE
        params: (key: Key, members: Bytes...) returns: Any
        body {
            for member in members { @set_add(key, member) }
            let total = 0
            return array {
                for member in @set_members(key) {
                    for n in 1..2 {
                        emit member
                        for value in members {
                            total = total + n * @bytes_len(value)
                        }
                        emit n
                    }
                }
                emit total
            }
        } }
        command S { access: READ run_where: ONE
        params: (key: Key) opts: [each GET pattern: Bytes] returns: Any
        body {
            return array {
                for member in @set_members(key) {
                    for_options(GET) {
                        if let prefix = pattern { emit @bytes_join(prefix, member) }
                    }
                }
            }
        } }";
    let requests = ["T k ab", "S k GET x get y", "S k"];
    let expected = [r#"["ab", :1, "ab", :2, :6]"#, r#"["xab", "yab"]"#, "[]"];
    assert_eq!(replies(source, &requests), expected);
}

#[test]
fn optional_parameters_stand_before_options() {
    let source = "command T { access: READ run_where: ONE
        params: (key: Key, n: Integer?) opts: [NX | XX] [LIMIT limit: Integer] returns: Any
        body {
            if nx { return \"nx\" }
            if let most = limit { return array [most, n] }
            return n
        } }";
    let requests = ["T k", "T k 5", "T k 5 nx", "T k 5 LIMIT 7", "T k LIMIT 7"];
    let expected =
        ["nil", ":5", r#""nx""#, "[:7, :5]", "-ERR value is not an integer or out of range"];
    assert_eq!(replies(source, &requests), expected);
}

/// What a loop reads of the request it reads in each round, so nothing else takes its register.
#[test]
fn parameters_outlive_the_loops_that_read_them() {
    let source = command(
        "key: Key, n: Integer, values: Bytes...",
        "let sum = 0
        for value in values {
            let more = n + 1
            let double = more * 2
            sum = sum + double
        }
        return sum",
    );
    assert_eq!(replies(&source, &["T k 1 a", "T k 1 a b c"]), [":4", ":12"]);
}
