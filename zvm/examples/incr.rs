//! `INCR` in the textual form: assembled, verified, run against a store in memory.
//!
//! `cargo run -p carrier-zvm --example incr --features testing`

#![allow(clippy::print_stdout, reason = "an example prints what it does")]

use zvm::testing::{MapStore, OwnedArgs, RecordingSink};
use zvm::{NoSession, Registers, assemble, disassemble, run, verify};

const INCR: &str = r#"
program "INCR"
access write
run_where one
returns integer
param key: key
registers 3
        key_ensure r0 string create
create: string_integer r1 r0 text
        int_const r2 1
        int_add r1 r1 r2 over
        string_set_integer r0 r1
        reply_integer r1
        halt
text:   fault "ERR value is not an integer or out of range"
over:   fault "ERR increment or decrement would overflow"
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = verify(assemble(INCR)?)?;
    println!("{}", disassemble(&program));

    // These live as long as the thread that runs programs.
    let (mut registers, mut store) = (Registers::new(), MapStore::new());
    for key in ["visits", "visits", "other"] {
        let args = OwnedArgs::new(&[key]);
        let mut sink = RecordingSink::new();
        run(&program, &args.frame(), &mut registers, &mut store, &mut NoSession, &mut sink);
        println!("INCR {key} -> {}", sink.reply()?);
    }
    Ok(())
}
