//! TLS towards servers: rustls with Mozilla's root certificates, and those of `SSL_CERT_FILE`. The file is read when it is
//! configured, the rest is set up at the first connection that needs it: a start is measured in milliseconds.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::web::WebError;

const FILE: &str = "SSL_CERT_FILE";

/// The settings of TLS.
#[derive(Debug)]
pub(crate) struct Tls {
    /// Those of the file.
    roots: RootCertStore,
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Tls {
    /// Reads the file, where one is named.
    ///
    /// # Errors
    /// The file cannot be read, is no PEM, or holds no certificate.
    pub(crate) fn configure(variable: impl Fn(&str) -> Option<String>) -> Result<Self, WebError> {
        let roots = match variable(FILE) {
            Some(file) => roots(Path::new(&file))?,
            None => RootCertStore::empty(),
        };
        Ok(Self { roots, config: OnceLock::new() })
    }

    /// The settings.
    ///
    /// # Errors
    /// TLS cannot be set up, in words.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, String> {
        self.config.get_or_init(|| config(self.roots.clone()).map(Arc::new)).clone()
    }
}

/// The root certificates in a file.
fn roots(path: &Path) -> Result<RootCertStore, WebError> {
    let wrong = |what: String| WebError {
        message: format!("`{FILE}` names `{}`, which {what}", pace_ir::text::quoted(&path.to_string_lossy())),
        help: "name a file of root certificates in PEM, or unset it",
    };
    if !path.is_file() {
        return Err(wrong("is no file".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate
            .map_err(|error| wrong(format!("is no PEM: {}", pace_ir::text::shortened(&error.to_string(), 100))))?;
        // A bundle of a system may hold certificates that rustls takes for no roots; the others still count.
        let _ignored = roots.add(certificate);
    }
    if roots.is_empty() { Err(wrong("holds no certificate that can be a root".to_owned())) } else { Ok(roots) }
}

fn config(mut roots: RootCertStore) -> Result<ClientConfig, String> {
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| format!("TLS cannot be set up: {error}"))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("roots.pem");
        let path = file.to_str().unwrap();
        let refused = || Tls::configure(|name| (name == FILE).then(|| path.to_owned())).unwrap_err().message;
        for (content, wanted) in [
            ("", "holds no certificate that can be a root"),
            ("no certificate", "holds no certificate that can be a root"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "holds no certificate that can be a root",
            ),
            ("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", "is no PEM: "),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n", "is no PEM: "),
        ] {
            std::fs::write(&file, content).unwrap();
            let message = refused();
            assert!(message.starts_with(&format!("`{FILE}` names `{path}`, which {wanted}")), "{message}");
        }
        std::fs::remove_file(&file).unwrap();
        assert!(refused().ends_with("which is no file"));
    }
}
