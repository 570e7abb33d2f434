//! What a Rust program finds in the image: the C library, and libgcc to unwind panics with.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::{env, panic, thread};

/// Sends a text to a thread of its own over loopback, and returns what comes back.
fn echoed(text: &str) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || -> std::io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        let mut received = Vec::new();
        stream.read_to_end(&mut received)?;
        stream.write_all(&received)
    });
    let mut client = TcpStream::connect(address)?;
    client.write_all(text.as_bytes())?;
    client.shutdown(std::net::Shutdown::Write)?;
    let mut answer = String::new();
    client.read_to_string(&mut answer)?;
    server.join().expect("the server panicked")?;
    Ok(answer)
}

fn main() -> std::io::Result<()> {
    println!("{}", echoed("grüße über TCP")?);

    panic::set_hook(Box::new(|_| ()));
    let outcome = panic::catch_unwind(|| {
        let none: [u8; 0] = [];
        none[env::args().count()]
    });
    println!("a panic was {}", if outcome.is_err() { "caught" } else { "lost" });

    let variables: BTreeMap<String, String> = env::vars().collect();
    println!("CA certificates in {}", variables["SSL_CERT_FILE"]);
    Ok(())
}
