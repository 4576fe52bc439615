//! Ports for servers that have to be told one before they start. A server of the tests' own binds to port 0 instead.
//!
//! A port that the system gave and took back is one that it gives again at any moment: to a client that connects, or to a
//! server of another test. These lie outside of the range that it gives from (`ip_local_port_range`, ip(7)), and a test
//! that keeps trying to connect to one cannot meet itself there either.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Where they begin: above what services are usually found at.
const FIRST: u16 = 10_000;
/// How many one process is given before it meets those of the next.
const EACH: u16 = 64;

/// A port of 127.0.0.1 at which nothing listens, and that nobody is given by chance. Each is given once in a process.
///
/// # Panics
/// If none is free.
pub fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let all = FIRST..given_from().max(FIRST + EACH);
    let length = u32::from(all.end - all.start);
    // Processes that run at once have numbers that lie near each other.
    let own = std::process::id() % (length / u32::from(EACH)) * u32::from(EACH);
    let candidates = std::iter::repeat_with(|| {
        let number = own + u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        all.start + u16::try_from(number % length).expect("it is below the length")
    });
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    candidates.take(all.len()).find(is_free).expect("a port is free")
}

/// The first port that the system gives by itself.
fn given_from() -> u16 {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    range.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(32_768)
}
