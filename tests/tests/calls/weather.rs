//! The roadmap's weather tool, word for word, on a network of the test's own: `wttr.in` is a line in its hosts file, and a
//! server on port 443 whose certificate only the test's authority vouches for.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use pace_tests::process::Runner;
use pace_tests::{Project, skip};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{results, said};

/// As in the roadmap.
const TOOL: &str = "import { defineTool } from '@paceline/runtime';

export default defineTool({
  name: 'lookup_weather',
  description: 'Get current weather for a city',
  parameters: { city: { type: 'string', description: 'City name' } },
  execute: async ({ city }) => {
    const res = await fetch(`https://wttr.in/${city}?format=j1`);
    return res.json();
  },
});
";

const REPORT: &str = r#"{"current_condition":[{"temp_F":"52","weatherDesc":[{"value":"Cloudy"}]}]}"#;
/// Set for the run of this test inside its own network.
const INSIDE: &str = "PACE_TEST_INSIDE";

#[test]
fn the_roadmaps_tool_looks_the_weather_up() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let namespaces: &[&str] = if is_root { &["--net", "--mount"] } else { &["--map-root-user", "--net", "--mount"] };
    let possible = Command::new("unshare").args(namespaces).args(["ip", "link", "set", "lo", "up"]).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        return skip("a network of one's own (`unshare --net`, and `ip` of Debian's iproute2)");
    }
    let me = std::env::current_exe().unwrap();
    let name = "weather::the_roadmaps_tool_looks_the_weather_up";
    let mut inside = Command::new("unshare");
    inside.args(namespaces).arg(me).args(["--exact", name, "--nocapture"]).env(INSIDE, "1");
    let output = inside.output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn inside() {
    let folder = Project::new(&[("hosts", "127.0.0.1 localhost wttr.in\n")]);
    run("ip", &["link", "set", "lo", "up"]);
    run("mount", &["--bind", folder.path().join("hosts").to_str().unwrap(), "/etc/hosts"]);
    let asked = Arc::new(Mutex::new(Vec::new()));
    folder.write("authority.pem", &serve(Arc::clone(&asked)));
    let certificates = folder.path().join("authority.pem");
    let certificates = certificates.to_str().unwrap();

    let project = project("{host: wttr.in, private: true}");
    let runner = Runner::start(&project, &[("SSL_CERT_FILE", certificates)]);
    let answered = results(&runner, "What's the weather in Portland?");
    assert_eq!(answered[0]["content"].to_string(), REPORT, "{answered:?}");
    assert_eq!(said(&runner, "What's the weather in Portland?").json()["response"], "done");

    let mut chat = project.pace(&["chat", "weather-bot"]);
    let mut child =
        chat.env("SSL_CERT_FILE", certificates).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"What's the weather in Portland?").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n");
    assert_eq!(*asked.lock().unwrap(), ["GET /Portland?format=j1 HTTP/1.1"; 3]);

    // Without the word `private`, the name may not lead to this machine; without the authority, nobody vouches for it.
    let closed = Runner::start(&self::project("wttr.in"), &[("SSL_CERT_FILE", certificates)]);
    let refused = results(&closed, "What's the weather in Portland?");
    assert!(refused[0]["content"]["error"].as_str().unwrap().contains("private"), "{refused:?}");
    let unknown = Runner::start(&project, &[]);
    let distrusted = results(&unknown, "What's the weather in Portland?");
    assert_eq!(distrusted[0]["status"], "failed", "{distrusted:?}");
    assert_eq!(asked.lock().unwrap().len(), 3);
}

fn project(net: &str) -> Project {
    let spec = format!(
        "name: weather-bot\nmodel: recorded\ndescription: You help users check the weather.\ntools:\n  - name: \
         tools/lookup-weather\n    access: read\n    net: [{net}]\n"
    );
    // The tests of HTTP talk to an agent of this name.
    let helper = spec.replace("weather-bot", "helper");
    let calls = [("lookup_weather", serde_json::json!({"city": "Portland"}))];
    Project::new(&[
        ("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n"),
        ("turns.json", &super::recording(&[("What's the weather in Portland?", &calls)])),
        ("agents/weather/spec.yaml", &spec),
        ("agents/helper/spec.yaml", &helper),
        ("tools/lookup-weather.ts", TOOL),
    ])
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Serves the report over TLS on port 443; answers the authority as PEM.
fn serve(asked: Arc<Mutex<Vec<String>>>) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["wttr.in".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:443").unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            let mut head = [0; 4096];
            // A client that does not believe the certificate goes before it says anything.
            let Ok(length) = stream.read(&mut head) else { continue };
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            asked.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{REPORT}", REPORT.len());
            let _gone = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
        }
    });
    authority.pem()
}
