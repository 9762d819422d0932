//! A server inside a program: on a free port, asked once, stopped.
//!
//! `cargo run --example embed`

use carrier_server::catalog::Library;
use carrier_server::config::Config;
use carrier_server::server::Server;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;

fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::parse(
        "embedded",
        "[[network]]\nname = \"local\"\nhost = \"127.0.0.1\"\nport = 0\n[runtime]\nthreads = 2\n",
    )?;
    let server = Server::start(config, Library::built_in()?)?;
    let address = &server.addresses()[0];
    let mut client = TcpStream::connect(address.to_string())?;
    client.write_all(b"SADD primes 2 3 5 7\r\nSCARD primes\r\n")?;
    let mut replies = [0; 8];
    client.read_exact(&mut replies)?;
    writeln!(io::stdout(), "{address} replied {:?}", String::from_utf8_lossy(&replies))?;
    server.stopper().stop();
    server.wait()?;
    Ok(())
}
