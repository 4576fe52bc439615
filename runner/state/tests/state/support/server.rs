//! A PostgreSQL server of the tests' own: its own folder, its own port, no durability. A shell holds it and ends it when the
//! tests' process ends, however that ends.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use tokio_postgres::NoTls;

/// Reads commands, a word a line: `start`, `stop`, `kill`. At the end of its input nothing is left.
const HOLDER: &str = r#"
bin=$1 folder=$2 port=$3 ssl=$4 certificate=$5 key=$6
start() {
    "$bin/postgres" -D "$folder/data" -p "$port" -k "$folder" -c listen_addresses=127.0.0.1 -c fsync=off \
        -c max_connections=200 -c ssl="$ssl" -c ssl_cert_file="$folder/certificate" -c ssl_key_file="$folder/key" \
        >>"$folder/log" 2>&1 &
    server=$!
}
stop() { kill "-$1" "$server" 2>/dev/null; wait "$server"; }
mkdir -m 755 "$folder" || exit 1
"$bin/initdb" -D "$folder/data" -A trust -U pace -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1
printf %s "$certificate" >"$folder/certificate"
(umask 077 && printf %s "$key" >"$folder/key")
start
while read -r command; do
    case "$command" in
        start) start ;;
        stop) stop INT ;;
        kill) stop QUIT ;;
    esac
done
stop QUIT
rm -rf "$folder"
"#;

pub(crate) struct Server {
    holder: Child,
    certificate: CertificateDer<'static>,
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
}

impl Server {
    /// The one that most tests share; nothing, and the test skipped, where there is none.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        let server = SHARED.get_or_init(|| programs().map(|bin| Self::start(&bin, "off"))).as_ref();
        if server.is_none() {
            skip();
        }
        server
    }

    /// One that a test may stop.
    pub(crate) fn own() -> Option<Self> {
        let bin = programs();
        if bin.is_none() {
            skip();
        }
        bin.map(|bin| Self::start(&bin, "off"))
    }

    /// One that speaks TLS, for the address 127.0.0.1 alone.
    pub(crate) fn secure() -> Option<Self> {
        let bin = programs();
        if bin.is_none() {
            skip();
        }
        bin.map(|bin| Self::start(&bin, "on"))
    }

    /// What it shows over TLS.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    fn start(bin: &Path, ssl: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("pace-postgres-{}-{number}", std::process::id()));
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut command = as_postgres();
        command.args(["sh", "-c", HOLDER, "sh"]).arg(bin).arg(&folder).arg(port.to_string());
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        command.args([ssl, &cert.pem(), &signing_key.serialize_pem()]);
        // A folder that the account may be in.
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null());
        let server = Self { holder: command.spawn().unwrap(), certificate: cert.der().clone(), port, folder };
        server.wait();
        server
    }

    /// A new database; its address.
    pub(crate) async fn database(&self) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        execute(&self.url("postgres"), &format!("CREATE DATABASE {name}")).await;
        self.url(&name)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgresql://pace@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// `start`, `stop` or `kill`.
    pub(crate) fn tell(&mut self, command: &str) {
        writeln!(self.holder.stdin.as_mut().unwrap(), "{command}").unwrap();
    }

    /// Until it takes connections.
    pub(crate) fn wait(&self) {
        let end = Instant::now() + Duration::from_mins(1);
        while !self.is_up() {
            let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "PostgreSQL does not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).user("pace").dbname("postgres");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        std::thread::scope(|scope| scope.spawn(|| runtime.block_on(config.connect(NoTls)).is_ok()).join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        self.holder.wait().unwrap();
    }
}

fn programs() -> Option<PathBuf> {
    std::env::var_os("PACE_TEST_POSTGRES").map(PathBuf::from)
}

fn skip() {
    super::skip("PostgreSQL (PACE_TEST_POSTGRES is not set; `cargo xtask counterparts` prints it)");
}

/// PostgreSQL does not run as root.
fn as_postgres() -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout.trim_ascii() != b"0" {
        let mut command = Command::new("env");
        command.arg("--");
        return command;
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]);
    command
}

/// Statements, past the store.
pub(crate) async fn execute(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

/// A number, past the store.
pub(crate) async fn number(url: &str, sql: &str) -> i64 {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let number = client.query_one(sql, &[]).await.unwrap().get(0);
    drop(client);
    connection.await.unwrap().unwrap();
    number
}
