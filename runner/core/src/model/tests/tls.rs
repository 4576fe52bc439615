//! Trust: a server with certificates of an authority made for the test.

use std::path::PathBuf;
use std::sync::Arc;

use pace_ir::program::Provider;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::server::{GOOD, Step, stream};
use super::{ask, bundle, configured, models_at, runtime};
use crate::environment::Environment;
use crate::problem::Code;

/// An authority, written into a file, and a server that shows a certificate of it.
struct Secure {
    acceptor: TlsAcceptor,
    file: PathBuf,
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.file);
    }
}

impl Secure {
    /// `name` is the host that the certificate is for, and makes the file's name.
    fn new(name: &str) -> Self {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let file = std::env::temp_dir().join(format!("pace-authority-{}-{name}.pem", std::process::id()));
        std::fs::write(&file, root.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), file }
    }

    /// Asks the server with these variables, and says how it went.
    fn asked(&self, more: &[(&str, &str)]) -> Result<String, (Code, String, Option<String>)> {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
            let acceptor = self.acceptor.clone();
            let server = tokio::spawn(async move {
                loop {
                    let (connection, _) = listener.accept().await.unwrap();
                    // Whoever does not trust it ends the handshake.
                    let _refused = serve(&acceptor, connection).await;
                }
            });
            let call = ask(&models_at(Provider::Gemini, &url, more)).await;
            server.abort();
            assert_eq!(call.heard.iter().filter(|heard| heard.starts_with("retry")).count(), 0);
            call.turn.map(|turn| turn.text).map_err(|problem| (problem.code, problem.detail, problem.help))
        })
    }
}

async fn serve(acceptor: &TlsAcceptor, connection: TcpStream) -> std::io::Result<()> {
    let mut connection = acceptor.accept(connection).await?;
    let mut request = [0; 4096];
    // The request is small, and the answer does not depend on it.
    let _length = connection.read(&mut request).await?;
    for step in stream(GOOD) {
        if let Step::Send(bytes) = step {
            connection.write_all(&bytes).await?;
        }
    }
    connection.flush().await?;
    while connection.read(&mut request).await? > 0 {}
    Ok(())
}

#[test]
fn an_authority_of_ones_own_is_trusted_by_its_file_alone() {
    let secure = Secure::new("127.0.0.1");
    let file = secure.file.to_str().unwrap().to_owned();
    assert_eq!(secure.asked(&[("SSL_CERT_FILE", &file)]), Ok("Good day.".to_owned()));
    let (code, detail, help) = secure.asked(&[]).unwrap_err();
    assert_eq!(code, Code::ModelUnreachable);
    assert!(detail.contains("the host of `fast`, shows a certificate whose issuer is not known here"), "{detail}");
    let wanted = "let `SSL_CERT_FILE` name a file with the certificate of the authority that signed it";
    assert_eq!(help.as_deref(), Some(wanted));
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let secure = Secure::new("model.test");
    let file = secure.file.to_str().unwrap().to_owned();
    let (code, detail, help) = secure.asked(&[("SSL_CERT_FILE", &file)]).unwrap_err();
    assert_eq!(code, Code::ModelUnreachable);
    assert!(detail.contains("shows a certificate that is for another host"), "{detail}");
    assert_eq!(help.as_deref(), Some("check the host in the base URL: the certificate has to name it"));
}

#[test]
fn a_broken_file_of_certificates_is_named() {
    let secure = Secure::new("broken.test");
    std::fs::write(&secure.file, "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n").unwrap();
    let file = secure.file.to_str().unwrap().to_owned();
    let pairs = [("GOOGLE_API_KEY", "s3cret"), ("SSL_CERT_FILE", file.as_str())];
    let bundle = bundle(&[("fast", Provider::Gemini, None, None)]);
    let error = configured(&bundle, &Environment::from_pairs(pairs)).unwrap_err();
    assert!(error.message.contains(&format!("`SSL_CERT_FILE` names `{file}`, which is no PEM")), "{error:?}");
}
