//! Servers over HTTP that a case brings along: what stands below its folder `served/` is answered, at an address that the
//! project names by `${env:SERVED}`. An endpoint that wants a credential is one, a registry of packages another.
//!
//! `served/<path>` is what `/<path>` answers, with the status 200; `served/<path>.<status>` is one with another. What is not
//! there is 404. `${env:SERVED}` in an answer is the address itself. Whatever the method, the answer is the same.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::case;

/// Where the answers stand in a case, and the variable that holds the address.
pub(crate) const FOLDER: &str = "served";
const VARIABLE: &str = "SERVED";

/// How long a client may keep silent in the middle of a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// By path: the status, and the body.
type Answers = BTreeMap<String, (u16, String)>;

/// A server that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Served {
    /// Starts the one of a case, if the case has one.
    pub(crate) fn start(project: &Path) -> std::io::Result<Option<Self>> {
        let folder = project.join(FOLDER);
        if !folder.is_dir() {
            return Ok(None);
        }
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let answers = Arc::new(read(&folder, &origin(address))?);
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let answers = Arc::clone(&answers);
                // A client that is gone has its reasons.
                std::thread::spawn(move || answer(&stream, &answers).unwrap_or_default());
            }
        });
        Ok(Some(Self { address, over, accepting: Some(accepting) }))
    }

    /// What a project is given to find it: as an address, and as the registry of npm, whose client keeps its files in `scratch`.
    pub(crate) fn variables(&self, scratch: &Path) -> Vec<(&'static str, String)> {
        let origin = origin(self.address);
        let cache = scratch.join("npm").to_string_lossy().into_owned();
        vec![(VARIABLE, origin.clone()), ("npm_config_registry", origin), ("npm_config_cache", cache)]
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the thread, which looks whether it is over.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap_or_default();
        }
    }
}

fn origin(address: SocketAddr) -> String {
    format!("http://{address}")
}

fn read(folder: &Path, origin: &str) -> std::io::Result<Answers> {
    let mut files = Vec::new();
    case::walk(folder, "", &mut files);
    let mut answers = Answers::new();
    for file in files {
        let body = std::fs::read_to_string(folder.join(&file))?.replace("${env:SERVED}", origin);
        let status = file.rsplit_once('.').and_then(|(path, status)| Some((path, status.parse().ok()?)));
        let (path, status) = status.unwrap_or((&file, 200));
        answers.insert(format!("/{path}"), (status, body));
    }
    Ok(answers)
}

/// One request and its answer; the connection ends with it.
fn answer(mut stream: &TcpStream, answers: &Answers) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = BufReader::new(stream);
    let mut first = String::new();
    request.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if request.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    // Whoever still sends when the connection ends may never read the answer.
    std::io::copy(&mut request.take(length), &mut std::io::sink())?;
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = answers.get(path).map_or((404, "{}"), |(status, body)| (*status, body));
    let head = format!("HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
    write!(stream, "{head}\r\nconnection: close\r\n\r\n{body}")
}
