//! TLS by files.

use std::io::{Read, Write};
use std::path::Path;

use pace_tests::process::{PATIENCE, Runner, ended};
use pace_tests::{Project, curl, until};

use super::{project, start};

/// A certificate for `localhost`, and its key: written where a runner finds them, and the certificate where curl does.
fn issue(project: &Project, name: &str) {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    project.write(&format!("{name}/tls.crt"), &issued.cert.pem());
    project.write(&format!("{name}/tls.key"), &issued.signing_key.serialize_pem());
}

fn with_tls(project: &Project, folder: &str) -> Runner {
    let path = |file: &str| project.path().join(folder).join(file).to_str().unwrap().to_owned();
    start(project, &[("TLS_CERT_FILE", &path("tls.crt")), ("TLS_KEY_FILE", &path("tls.key"))])
}

/// Asks with a certificate that is trusted: version and status, `0 000` where there was no answer.
fn ask(runner: &Runner, trusted: &Path, arguments: &[&str]) -> Option<String> {
    let (url, trusted) = (format!("https://localhost:{}/agents", runner.address.port()), trusted.to_str().unwrap());
    let format = ["--output", "/dev/null", "--write-out", "%{http_version} %{http_code}", "--cacert", trusted];
    curl(
        &[&format[..], arguments, &["--resolve", &format!("localhost:{}:127.0.0.1", runner.address.port()), &url]]
            .concat(),
    )
}

#[test]
fn clients_choose_the_protocol() {
    let project = project();
    issue(&project, "one");
    issue(&project, "two");
    let mut runner = with_tls(&project, "one");
    let listening = runner.wait_for(|line| line["message"] == "listening");
    assert!(listening["address"].as_str().unwrap().starts_with("https://"), "{listening}");
    let trusted = project.path().join("one/tls.crt");
    let Some(answer) = ask(&runner, &trusted, &["--http2"]) else { return };
    assert_eq!(answer, "2 200");
    for (arguments, wanted) in [
        (&["--http1.1"][..], "1.1 200"),
        (&["--tlsv1.3"], "2 200"),
        (&["--tlsv1.2", "--tls-max", "1.2"], "2 200"),
        (&["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"], "0 000"),
    ] {
        assert_eq!(ask(&runner, &trusted, arguments).unwrap(), wanted, "{arguments:?}");
    }
    assert_eq!(ask(&runner, &project.path().join("two/tls.crt"), &[]).unwrap(), "0 000", "another's certificate");
    // What does not speak TLS is not answered, and costs nobody else anything.
    for bytes in [
        &b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\xff\xff",
    ] {
        let mut stream = std::net::TcpStream::connect(runner.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let _refused = stream.write_all(bytes);
        let _closed = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    assert_eq!(ask(&runner, &trusted, &[]).unwrap(), "2 200");
    assert_eq!(runner.stop(), Some(0));
}

/// As Kubernetes changes what it mounts: a link to a folder is replaced by one to another.
#[test]
fn a_renewed_certificate_is_shown_without_a_restart() {
    let project = project();
    issue(&project, "one");
    issue(&project, "two");
    project.write("broken/tls.crt", "-----BEGIN CERTIFICATE-----\n");
    project.write("broken/tls.key", "");
    let link = |target: &str| {
        std::os::unix::fs::symlink(target, project.path().join("new")).unwrap();
        std::fs::rename(project.path().join("new"), project.path().join("current")).unwrap();
    };
    link("one");
    let mut runner = with_tls(&project, "current");
    let (one, two) = (project.path().join("one/tls.crt"), project.path().join("two/tls.crt"));
    if ask(&runner, &one, &[]).is_none() {
        return;
    }
    link("broken");
    let refused = runner.wait_for(|line| line["level"] == "ERROR");
    assert!(refused["message"].as_str().unwrap().contains("holds no certificate in PEM"), "{refused}");
    assert_eq!(ask(&runner, &one, &[]).unwrap(), "2 200", "what was there goes on");
    link("two");
    until("the new one is shown", || ask(&runner, &two, &[]).unwrap() == "2 200");
    assert_eq!(ask(&runner, &one, &[]).unwrap(), "0 000");
    assert_eq!(runner.stop(), Some(0));
    assert!(!runner.lines().concat().contains("PRIVATE KEY"));
}

#[test]
fn files_that_are_none_are_refused_at_the_start() {
    let project = project();
    issue(&project, "one");
    issue(&project, "two");
    project.write("empty", "");
    let path = |file: &str| project.path().join(file).to_str().unwrap().to_owned();
    for (certificate, key, why) in [
        ("missing", "one/tls.key", "cannot be read"),
        ("empty", "one/tls.key", "holds no certificate in PEM"),
        ("one/tls.crt", "empty", "holds no private key in PEM"),
        ("one/tls.key", "one/tls.key", "holds no certificate in PEM"),
        ("one/tls.crt", "two/tls.key", "two/tls.key` is not that of the first certificate in `"),
    ] {
        let variables = [
            ("ANN", super::ANN),
            ("BOB", super::BOB),
            ("TLS_CERT_FILE", &path(certificate)),
            ("TLS_KEY_FILE", &path(key)),
        ];
        let run = ended(&project, &variables);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.err.contains(why) && run.err.contains("`TLS_CERT_FILE` name a certificate chain"), "{run:?}");
    }
}
