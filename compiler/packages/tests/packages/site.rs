//! A web server of files in memory: what the tests' registries are made of.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is answered to a path.
#[derive(Debug, Clone)]
pub(crate) enum Page {
    /// This, of this type.
    Is(&'static str, Vec<u8>),
    /// Nothing, ever.
    Stalls,
}

/// A web server on this machine.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) address: String,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let pages: Arc<Mutex<BTreeMap<String, Page>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (served, seen) = (Arc::clone(&pages), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (served, seen) = (Arc::clone(&served), Arc::clone(&seen));
                std::thread::spawn(move || answer(stream, &served, &seen));
            }
        });
        Self { address, pages, asked }
    }

    pub(crate) fn put(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// What is answered to a path, if anything is.
    pub(crate) fn has(&self, path: &str) -> Option<Vec<u8>> {
        match self.pages.lock().unwrap().get(path)? {
            Page::Is(_, body) => Some(body.clone()),
            Page::Stalls => None,
        }
    }

    /// The paths that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until a path is asked for.
    pub(crate) fn wait_for(&self, path: &str) {
        pace_tests::until(&format!("somebody asks for {path}"), || self.asked().iter().any(|asked| asked == path));
    }
}

fn answer(stream: TcpStream, pages: &Mutex<BTreeMap<String, Page>>, asked: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    let mut line = String::new();
    let Ok(_) = reader.read_line(&mut first) else { return };
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default().replace("%2f", "/").replace("%2F", "/").replace("%40", "@");
    asked.lock().unwrap().push(path.clone());
    let page = pages.lock().unwrap().get(&path).cloned();
    let (status, kind, body) = match page {
        Some(Page::Is(kind, body)) => ("200 OK", kind, body),
        Some(Page::Stalls) => {
            std::thread::sleep(Duration::from_mins(5));
            return;
        }
        None => ("404 Not Found", "application/json", b"{}".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // Whoever asked may be gone.
    let stream = reader.get_mut();
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}
