//! TLS by files, as orchestrators mount them: a chain and its key, read again when they change. A change that cannot be used is told, and
//! what was there goes on. Ciphers and versions are those of rustls: TLS 1.3 and 1.2.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::settings::TlsFiles;
use crate::load::shown;
use crate::setup::SetupError;

/// How often the files are looked at. Certificates are renewed days before they end.
const LOOK: Duration = Duration::from_secs(5);
/// The most bytes of a file: chains have some kilobytes.
const LARGEST: u64 = 1 << 20;

/// What a server shows of itself.
#[derive(Debug)]
pub(super) struct Tls {
    files: TlsFiles,
    shown: RwLock<Shown>,
}

#[derive(Debug)]
struct Shown {
    config: Arc<ServerConfig>,
    read: Read,
}

/// The files as they were read.
#[derive(Clone, PartialEq, Eq)]
struct Read {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// They cannot be read, or are no certificate and its key.
    pub(super) fn read(files: TlsFiles) -> Result<Self, SetupError> {
        let read = Read::of(&files).map_err(|why| unusable(&why))?;
        let config = Arc::new(read.config(&files).map_err(|why| unusable(&why))?);
        Ok(Self { files, shown: RwLock::new(Shown { config, read }) })
    }

    /// Shakes hands with a client, within so long a time.
    ///
    /// # Errors
    /// The client does not speak TLS, or not in time.
    pub(super) async fn accept(&self, stream: TcpStream, within: Duration) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner).config);
        let shaken = tokio::time::timeout(within, TlsAcceptor::from(config).accept(stream)).await;
        shaken.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// Reads the files again whenever they change, for as long as it is polled.
    pub(super) async fn keep(&self) {
        let mut refused = None;
        loop {
            tokio::time::sleep(LOOK).await;
            let files = self.files.clone();
            // Files may lie on a network.
            let Ok(read) = tokio::task::spawn_blocking(move || Read::of(&files)).await else { return };
            match read.and_then(|read| self.change(read)) {
                Ok(Change::None) => refused = None,
                Ok(Change::Shown) => {
                    refused = None;
                    tracing::info!("the certificate has changed, and is shown from now on");
                }
                // Once, however often it is tried.
                Err(why) if refused.as_ref() != Some(&why) => {
                    tracing::error!("the certificate has changed and cannot be used, the one before goes on: {why}");
                    refused = Some(why);
                }
                Err(_) => {}
            }
        }
    }

    fn change(&self, read: Read) -> Result<Change, String> {
        if self.shown.read().unwrap_or_else(PoisonError::into_inner).read == read {
            return Ok(Change::None);
        }
        let config = Arc::new(read.config(&self.files)?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Shown { config, read };
        Ok(Change::Shown)
    }
}

/// What reading again came to.
enum Change {
    None,
    Shown,
}

impl Read {
    fn of(files: &TlsFiles) -> Result<Self, String> {
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)? })
    }

    fn config(&self, files: &TlsFiles) -> Result<ServerConfig, String> {
        let no_pem = |path: &Path, what: &str| format!("the file `{}` holds no {what} in PEM", shown(path));
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .map_err(|_| no_pem(&files.certificate, "certificate"))?;
        if chain.is_empty() {
            return Err(no_pem(&files.certificate, "certificate"));
        }
        // What is wrong with a key is said without any of it.
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| no_pem(&files.key, "private key"))?;
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        let [certificate, key_file] = [&files.certificate, &files.key].map(|path| shown(path));
        let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("the key in `{key_file}` is not that of the first certificate in `{certificate}`")
            }
            error => {
                format!("the certificate in `{certificate}` cannot be used with the key in `{key_file}`: {error}")
            }
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl std::fmt::Debug for Read {
    /// One of them is a key.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Read")
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let cannot = |error: &io::Error| format!("the file `{}` cannot be read: {error}", shown(path));
    let length = fs::metadata(path).map_err(|error| cannot(&error))?.len();
    if length > LARGEST {
        return Err(format!("the file `{}` has over {} KiB", shown(path), LARGEST >> 10));
    }
    fs::read(path).map_err(|error| cannot(&error))
}

fn unusable(why: &str) -> SetupError {
    SetupError::new(
        why,
        "let `TLS_CERT_FILE` name a certificate chain in PEM, its own certificate first, and `TLS_KEY_FILE` its private key",
    )
}
