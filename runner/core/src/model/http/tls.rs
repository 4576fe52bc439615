//! TLS towards services: rustls with Mozilla's root certificates, and those of `SSL_CERT_FILE`. Set up at the first
//! connection that needs it: a start is measured in milliseconds.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::environment::Environment;
use crate::setup::SetupError;

const FILE: &str = "SSL_CERT_FILE";

/// The settings of TLS.
#[derive(Debug)]
pub(super) struct Tls {
    file: Option<String>,
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Tls {
    /// Looks only whether the file is there; it is read when it is needed.
    pub(super) fn configure(environment: &Environment) -> Result<Self, SetupError> {
        let file = environment.text(FILE)?.map(str::to_owned);
        if let Some(path) = file.as_deref().map(Path::new).filter(|path| !path.is_file()) {
            return Err(SetupError::new(
                format!("`{FILE}` names `{}`, which is no file", crate::load::shown(path)),
                "name a file of root certificates in PEM, or unset it",
            ));
        }
        Ok(Self { file, config: OnceLock::new() })
    }

    /// The settings.
    ///
    /// # Errors
    /// The file cannot be read, in words.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, String> {
        self.config.get_or_init(|| config(self.file.as_deref()).map(Arc::new)).clone()
    }
}

fn config(file: Option<&str>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = file {
        let shown = crate::printable(file);
        let broken =
            |why: String| format!("the certificates in `{shown}`, which `{FILE}` names, cannot be read: {why}");
        let certificates = CertificateDer::pem_file_iter(file).map_err(|error| broken(error.to_string()))?;
        for certificate in certificates {
            // A bundle of a system may hold certificates that rustls takes for no roots; the others still count.
            let certificate = certificate.map_err(|error| broken(error.to_string()))?;
            let _ignored = roots.add(certificate);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| format!("TLS cannot be set up: {error}"))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
