//! HTTPS: whose certificates are believed.

use std::path::PathBuf;
use std::sync::Arc;

use pace_sandbox::{Call, Engine, EngineError, EngineSettings, Resolve};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::{Names, call, net};

const NAME: &str = "127-0-0-1.ip.test";

/// An authority of this test, and a server with a certificate of its: the authority as PEM, and the server's port.
async fn server() -> (String, u16) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![NAME.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecure").await?;
                stream.shutdown().await
            });
        }
    });
    (authority.pem(), port)
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.pem", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

async fn fetched(certificates: Option<PathBuf>, url: &str) -> String {
    let resolver: Arc<dyn Resolve> = Arc::new(Names::default());
    let engine =
        Engine::new(&EngineSettings { resolver: Some(resolver), certificates, ..EngineSettings::default() }).unwrap();
    let source = "export default { execute: (url) => fetch(url).then((r) => r.text(), (e) => e.cause.code) };";
    let tool = engine.load(&engine.compile("tool.js", source).unwrap().0).unwrap();
    let net = net(&["127-0-0-1.ip.test private", "127.0.0.1/32"]);
    tool.call(Call { arguments: format!("\"{url}\""), net, ..call() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_needs_an_authority_that_is_trusted() {
    let (authority, port) = server().await;
    let url = format!("https://{NAME}:{port}/");
    assert_eq!(fetched(Some(file("authority", &authority)), &url).await, "\"secure\"");
    assert_eq!(fetched(None, &url).await, "\"ERR_TLS\"");
    // The same server by another name than its certificate has.
    let by_address = format!("https://127.0.0.1:{port}/");
    assert_eq!(fetched(Some(file("authority", &authority)), &by_address).await, "\"ERR_TLS\"");
}

#[test]
fn a_file_without_certificates_is_refused() {
    let new = |path: PathBuf| Engine::new(&EngineSettings { certificates: Some(path), ..EngineSettings::default() });
    for path in [file("empty", "no certificate\n"), PathBuf::from("/nowhere.pem")] {
        let error = new(path.clone()).unwrap_err();
        assert!(matches!(error, EngineError::Certificates { .. }), "{}: {error}", path.display());
    }
}
