//! A PostgreSQL server of a test's own: its own folder, its own port, no durability. A shell holds it and ends it when the tests' process
//! ends, however that ends.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{installed, port, until_found};

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

/// What a server shows over TLS, as PEM.
#[derive(Debug, Default)]
pub struct Shown {
    /// Its certificate.
    pub certificate: String,
    /// The key to it.
    pub key: String,
}

/// A server.
#[derive(Debug)]
pub struct Postgres {
    holder: Child,
    programs: PathBuf,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    folder: PathBuf,
}

impl Postgres {
    /// Starts one without TLS; nothing, and the test skipped, where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        Self::begin(None)
    }

    /// Starts one that speaks TLS to those who want it; as [`Postgres::start`].
    pub fn start_secure(shown: &Shown) -> Option<Self> {
        Self::begin(Some(shown))
    }

    fn begin(shown: Option<&Shown>) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let programs = installed("PACE_TEST_POSTGRES", "PostgreSQL")?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("pace-tests-postgres-{}-{number}", std::process::id()));
        let port = port::free();
        let mut command = as_postgres();
        command.args(["sh", "-c", HOLDER, "sh"]).arg(&programs).arg(&folder).arg(port.to_string());
        match shown {
            Some(shown) => command.args(["on", &shown.certificate, &shown.key]),
            None => command.args(["off", "", ""]),
        };
        // A folder that the account may be in.
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null());
        let server = Self { holder: command.spawn().unwrap(), programs, port, folder };
        server.wait();
        Some(server)
    }

    /// The address of a database of it. It asks for no TLS.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://pace@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// The address of the database that is always there.
    pub fn address(&self) -> String {
        self.url("postgres")
    }

    /// `start`, `stop` or `kill`.
    pub fn tell(&mut self, command: &str) {
        writeln!(self.holder.stdin.as_mut().unwrap(), "{command}").unwrap();
    }

    /// Until it answers.
    pub fn wait(&self) {
        until_found("PostgreSQL answers", || {
            let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            self.query("SELECT 1").ok_or_else(log)
        });
    }

    /// What it says to a statement: values with `|` between, a row a line. Nothing if it does not answer.
    pub fn query(&self, sql: &str) -> Option<String> {
        let mut command = Command::new(self.programs.join("psql"));
        let output = command.args(["-XAtq", "-d", &self.address(), "-c", sql]).stderr(Stdio::null()).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _gone = self.holder.wait();
    }
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
