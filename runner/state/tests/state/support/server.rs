//! The PostgreSQL servers of these tests: one that most of them share, and their own of those that stop theirs or want TLS.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use pace_tests::installed;
use pace_tests::postgres::{Postgres, Shown};
use rustls::pki_types::CertificateDer;
use tokio_postgres::NoTls;

/// The one that most tests share; nothing, and the test skipped, where there is none.
pub(crate) fn shared() -> Option<&'static Postgres> {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    installed("PACE_TEST_POSTGRES", "PostgreSQL")?;
    Some(SHARED.get_or_init(|| Postgres::start().expect("it is installed")))
}

/// One that speaks TLS, and what it shows, which is for the address 127.0.0.1 alone.
pub(crate) fn secure() -> Option<(Postgres, CertificateDer<'static>)> {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let shown = Shown { certificate: cert.pem(), key: signing_key.serialize_pem() };
    Some((Postgres::start_secure(&shown)?, cert.der().clone()))
}

/// A new database; its address.
pub(crate) async fn database(server: &Postgres) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    execute(&server.address(), &format!("CREATE DATABASE {name}")).await;
    server.url(&name)
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
