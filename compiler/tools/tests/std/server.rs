//! An HTTP server of the tests, which knows its pages by heart.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::tool::runtime;

/// A page: head lines after the status, and the body.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    head: String,
    body: Vec<u8>,
}

/// A page with status 200.
pub(crate) fn page(content_type: &str, body: impl Into<Vec<u8>>) -> Page {
    answer("200 OK", &format!("content-type: {content_type}\r\n"), body)
}

/// A page with any status and header lines.
pub(crate) fn answer(status: &str, headers: &str, body: impl Into<Vec<u8>>) -> Page {
    Page { head: format!("HTTP/1.1 {status}\r\n{headers}"), body: body.into() }
}

/// A server that runs as long as the tests. A path that it does not know is answered with 404, `/echo` with the request.
#[derive(Debug)]
pub(crate) struct Server {
    port: u16,
}

impl Server {
    pub(crate) fn start(pages: &[(&str, Page)]) -> Self {
        let pages: BTreeMap<String, Page> =
            pages.iter().map(|(path, page)| ((*path).to_owned(), page.clone())).collect();
        let pages = Arc::new(pages);
        let listener = runtime().block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&pages)));
            }
        });
        Self { port }
    }

    /// An address at a name that only the tests' resolver knows.
    pub(crate) fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }
}

async fn serve(mut stream: TcpStream, pages: Arc<BTreeMap<String, Page>>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    let request = String::from_utf8_lossy(&bytes).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let found = match path {
        "/echo" => page("text/plain", request.clone()),
        path => pages
            .get(path)
            .cloned()
            .unwrap_or_else(|| answer("404 Not Found", "content-type: text/plain\r\n", "no such page")),
    };
    let head = format!("{}content-length: {}\r\nconnection: close\r\n\r\n", found.head, found.body.len());
    stream.write_all(head.as_bytes()).await?;
    if !request.starts_with("HEAD ") {
        stream.write_all(&found.body).await?;
    }
    stream.shutdown().await
}
