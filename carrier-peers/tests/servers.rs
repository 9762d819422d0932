//! The servers that are installed start, answer, are measured and end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use carrier_peers::{Error, Launch, Program, Running};

#[test]
fn installed_servers_answer_and_cost_something() {
    for program in Program::ALL {
        let Ok(launch) = Launch::of(program) else { continue };
        let mut running = launch.start().expect("an installed server starts");
        assert_eq!(running.name(), program.name());
        let (request, reply) = match program.is_memcached() {
            true => ("version\r\n", "VERSION "),
            false => ("PING\r\n", "+PONG"),
        };
        assert!(ask(&running, request).starts_with(reply));
        assert!(running.cpu_ns() > 0);
        assert!(running.resident_bytes() > 100_000);
        assert!(running.runs());
        running.terminate().expect("a child can be waited for");
        assert!(!running.runs());
    }
}

#[test]
fn a_wrapper_is_the_parent_of_the_server() {
    let Ok(launch) = Launch::of(Program::Redis) else { return };
    let mut plain = launch.start().expect("an installed server starts");
    let wrapped = launch.under(["sh", "-c", "\"$0\" \"$@\"; true"]).tied().start();
    let wrapped = wrapped.expect("an installed server starts");
    assert_eq!(plain.ids().len(), 1);
    assert_eq!(wrapped.ids().len(), 2);
    assert!(wrapped.resident_bytes() > plain.resident_bytes() / 2);
    assert!(ask(&wrapped, "PING\r\n").starts_with("+PONG"));
    let mut open = TcpStream::connect(wrapped.address()).expect("it accepts");
    drop(wrapped);
    // A server that was left behind would not close the connection.
    assert!(open.read(&mut [0]).unwrap_or(0) == 0);
    assert!(plain.terminate().expect("a child can be waited for").success());
}

#[test]
fn what_cannot_start_says_why() {
    let absent = Launch::command("absent", vec!["/nonexistent/server".into()]).start();
    assert!(matches!(absent, Err(Error::Spawn { .. })));
    let ends = Launch::command("ends", vec!["sh".into(), "-c".into(), "echo no room".into()]);
    let error = ends.start().expect_err("it ends at once");
    assert!(error.to_string().contains("no room"), "{error}");
    let error = Launch::carrier("/bin/echo").start().expect_err("it ends at once");
    assert!(error.to_string().contains("--listen 127.0.0.1:0"), "{error}");
}

fn ask(running: &Running, request: &str) -> String {
    let mut stream = TcpStream::connect(running.address()).expect("it accepts");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).expect("it answers");
    line
}
