//! Who a server is: its certificate is checked, and before that nothing is sent.

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{Answer, Seen, Workspace, read, suite};

/// A certificate or a key, as `tls/make.sh` made it.
fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/tls")).join(name)
}

fn config(certificate: &str) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(file(certificate)).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(file("server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    Arc::new(config.expect("they belong together"))
}

/// Serves until the test ends; every request is on record.
fn start(certificate: &str) -> (u16, Arc<Mutex<Vec<Seen>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let (config, seen) = (config(certificate), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.expect("a connection"), &config, &log);
        }
    });
    (port, seen)
}

fn answer(stream: TcpStream, config: &Arc<ServerConfig>, seen: &Mutex<Vec<Seen>>) {
    let connection = ServerConnection::new(Arc::clone(config)).expect("a connection");
    let mut stream = StreamOwned::new(connection, stream);
    let Some(request) = read(&mut BufReader::new(&mut stream)) else { return };
    seen.lock().expect("is not poisoned").push(request);
    let body = match Answer::text("yes") {
        Answer::Http(_, _, body) => body,
        _ => String::new(),
    };
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    write!(stream, "{head}{body}").and_then(|()| stream.flush()).expect("is sent");
}

fn workspace(port: u16) -> Workspace {
    let suite = suite(port, "").replace("http://", "https://").replace("/v1\"", "/v1\"\napi_key_env = \"KEY\"");
    Workspace::new().file("suite.toml", &suite).file(
        "cases.jsonl",
        "{\"id\":\"a\",\"messages\":[{\"role\":\"user\",\"content\":\"Q\"}],\"expected\":{\"text\":\"yes\"}}\n",
    )
}

#[test]
fn a_server_whose_certificate_is_not_to_be_trusted_is_sent_nothing() {
    let rows = [
        ("selfsigned.pem", "UnknownIssuer"),
        ("expired.pem", "certificate expired: verification time "),
        (
            "elsewhere.pem",
            "certificate not valid for name \"127.0.0.1\"; certificate is only valid for DnsName(\"example.test\")",
        ),
    ];
    let root = file("root.pem");
    for (certificate, why) in rows {
        let (port, seen) = start(certificate);
        let workspace = workspace(port);
        let trusted = [("SSL_CERT_FILE", root.to_str().expect("is UTF-8")), ("KEY", "key-000000000000")];
        let outcome = workspace.cutover_with("run suite.toml", &trusted);
        outcome.exit(8).stdout("");
        let message = format!("can succeed: unreachable: client error (Connect): invalid peer certificate: {why}");
        assert!(outcome.stderr.contains(&message), "{}", outcome.stderr);
        let help = "\n  help: check the address, the key, the model's name and the quota; the same command goes on\n";
        assert!(outcome.stderr.contains("; nothing was sent; 0 of 2 trials"), "{}", outcome.stderr);
        assert!(outcome.stderr.ends_with(help), "{}", outcome.stderr);
        assert!(seen.lock().expect("is not poisoned").is_empty());
        for trial in workspace.trials().values() {
            // The same certificate would come again.
            assert_eq!(trial["attempts"].as_array().map(Vec::len), Some(1));
            assert_eq!(trial["spend"], 0);
        }
    }
}

#[test]
fn a_server_with_a_trusted_certificate_is_asked_and_given_its_key() {
    let (port, seen) = start("good.pem");
    let root = file("root.pem");
    let trusted = [("SSL_CERT_FILE", root.to_str().expect("is UTF-8")), ("KEY", "key-000000000000")];
    let workspace = workspace(port);
    // An authority that the system does not know is none.
    workspace.cutover_with("run suite.toml", &trusted[1..]).exit(8);
    assert!(seen.lock().expect("is not poisoned").is_empty());
    workspace.cutover_with("run suite.toml", &trusted).exit(0);
    let seen = seen.lock().expect("is not poisoned");
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|request| request.header("authorization") == Some("Bearer key-000000000000")));
}
