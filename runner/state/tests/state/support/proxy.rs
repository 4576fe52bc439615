//! A link to a server that hears what is said over it, and brings across only so much at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A link that was laid.
pub(crate) struct Link {
    pub(crate) port: u16,
    said: Arc<Mutex<Vec<u8>>>,
}

impl Link {
    /// To a port of this machine. Of what is sent between two commits, `most` bytes arrive; what comes then is lost.
    pub(crate) async fn to(server: u16, most: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let said = Arc::<Mutex<Vec<u8>>>::default();
        let heard = Arc::clone(&said);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (client, server) = (client.into_split(), TcpStream::connect(("127.0.0.1", server)).await.unwrap());
                let (server, sent) = (server.into_split(), Arc::<AtomicUsize>::default());
                tokio::spawn(ask(client.0, server.1, (Arc::clone(&heard), Arc::clone(&sent), most)));
                tokio::spawn(answer(server.0, client.1, sent));
            }
        });
        Self { port, said }
    }

    /// How often something was said to the server.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.said.lock().unwrap().windows(what.len()).filter(|part| *part == what.as_bytes()).count()
    }
}

type Heard = (Arc<Mutex<Vec<u8>>>, Arc<AtomicUsize>, usize);

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, (heard, sent, most): Heard) {
    let mut part = [0; 4096];
    // Also what is lost is read: whoever hangs up is gone for the server too.
    while let Ok(length @ 1..) = from.read(&mut part).await {
        heard.lock().unwrap().extend_from_slice(&part[..length]);
        if sent.fetch_add(length, Ordering::SeqCst) + length <= most && to.write_all(&part[..length]).await.is_err() {
            return;
        }
    }
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, sent: Arc<AtomicUsize>) {
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut part).await {
        if part[..length].windows(7).any(|tag| tag == b"COMMIT\0") {
            sent.store(0, Ordering::SeqCst);
        }
        if to.write_all(&part[..length]).await.is_err() {
            return;
        }
    }
}
