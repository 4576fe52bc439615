//! A network of a test's own, in which names of the world lead to this machine: a line each in the hosts file, and a server on
//! port 443 whose certificate only the test's authority vouches for.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};

use pace_tests::{Project, skip};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Set for the run of a test inside its own network.
const INSIDE: &str = "PACE_TEST_INSIDE";

/// A network that leads to one server.
#[derive(Debug)]
pub(crate) struct OwnNetwork {
    folder: Project,
    asked: Arc<Mutex<Vec<String>>>,
}

impl OwnNetwork {
    /// The network of the test `name`, in which these hosts answer what `answer` says to a path. Nothing in the process that
    /// was asked to run the test: it runs itself once more inside, and is done with what comes of that.
    pub(crate) fn of(name: &str, hosts: &[&str], answer: fn(&str) -> String) -> Option<Self> {
        if std::env::var_os(INSIDE).is_none() {
            run_inside(name);
            return None;
        }
        let folder = Project::new(&[("hosts", &format!("127.0.0.1 localhost {}\n", hosts.join(" ")))]);
        run("ip", &["link", "set", "lo", "up"]);
        run("mount", &["--bind", folder.path().join("hosts").to_str().unwrap(), "/etc/hosts"]);
        let asked = Arc::new(Mutex::new(Vec::new()));
        folder.write("authority.pem", &serve(hosts, answer, Arc::clone(&asked)));
        Some(Self { folder, asked })
    }

    /// The file of the authority, for `SSL_CERT_FILE`.
    pub(crate) fn certificates(&self) -> String {
        self.folder.path().join("authority.pem").to_str().unwrap().to_owned()
    }

    /// The paths that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn run_inside(name: &str) {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let namespaces: &[&str] = if is_root { &["--net", "--mount"] } else { &["--map-root-user", "--net", "--mount"] };
    let possible = Command::new("unshare").args(namespaces).args(["ip", "link", "set", "lo", "up"]).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        return skip("a network of one's own (`unshare --net`, and `ip` of Debian's iproute2)");
    }
    let mut inside = Command::new("unshare");
    inside.args(namespaces).arg(std::env::current_exe().unwrap()).args(["--exact", name, "--nocapture"]);
    let output = inside.env(INSIDE, "1").output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Serves over TLS on port 443; answers the authority as PEM.
fn serve(hosts: &[&str], answer: fn(&str) -> String, asked: Arc<Mutex<Vec<String>>>) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:443").unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (config, asked) = (Arc::clone(&config), Arc::clone(&asked));
            std::thread::spawn(move || {
                let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                let mut head = [0; 4096];
                // A client that does not believe the certificate goes before it says anything.
                let Ok(length) = stream.read(&mut head) else { return };
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                let path = head.split(' ').nth(1).unwrap_or_default();
                asked.lock().unwrap().push(path.to_owned());
                let body = answer(path);
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
                let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                let _gone = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
            });
        }
    });
    authority.pem()
}
