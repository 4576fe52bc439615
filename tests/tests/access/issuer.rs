//! An identity provider in a few lines: its documents over HTTP, how often they were asked for, and tokens signed with `ring`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// A key for ES256.
pub(crate) struct Key {
    id: String,
    pair: EcdsaKeyPair,
}

/// A provider that listens until the test ends.
pub(crate) struct Issuer {
    /// `http://127.0.0.1:<port>`.
    pub(crate) address: String,
    state: Arc<State>,
}

struct State {
    keys: Mutex<Value>,
    /// What its own document says; `None` is a document as it should be.
    document: Mutex<Option<Value>>,
    is_down: Mutex<bool>,
    fetches: AtomicU32,
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Seconds since 1970, and so many more.
pub(crate) fn now(more: i64) -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap() + more
}

impl Key {
    pub(crate) fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { id: id.to_owned(), pair }
    }

    /// Its public half.
    pub(crate) fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id, "x": base64(&point[1..33]), "y": base64(&point[33..])})
    }

    /// A token of these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.signed(&json!({"alg": "ES256", "typ": "at+jwt", "kid": self.id}), claims)
    }

    /// A token with this header.
    pub(crate) fn signed(&self, header: &Value, claims: &Value) -> String {
        self.signed_text(&header.to_string(), &claims.to_string())
    }

    /// The same, of texts that need not be JSON.
    pub(crate) fn signed_text(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", base64(header.as_bytes()), base64(claims.as_bytes()));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64(signature.as_ref()))
    }
}

impl Issuer {
    /// One with these keys.
    pub(crate) fn new(keys: &[Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            keys: Mutex::new(json!({ "keys": keys })),
            document: Mutex::default(),
            is_down: Mutex::new(false),
            fetches: AtomicU32::new(0),
        });
        let (serving, own) = (Arc::clone(&state), address.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let mut first = String::new();
                let _closed = reader.read_line(&mut first);
                while {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap_or(0) > 2
                } {}
                let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                let (status, body) = serving.answer(&path, &own);
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncache-control: max-age=600\r\ncontent-length: {}\r\n\
                     connection: close\r\n\r\n{body}",
                    body.len()
                );
                let _closed = reader.get_mut().write_all(answer.as_bytes());
            }
        });
        Self { address, state }
    }

    pub(crate) fn set_keys(&self, keys: &[Value]) {
        *self.state.keys.lock().unwrap() = json!({ "keys": keys });
    }

    pub(crate) fn set_document(&self, document: Value) {
        *self.state.document.lock().unwrap() = Some(document);
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        *self.state.is_down.lock().unwrap() = is_down;
    }

    /// How often its keys were asked for.
    pub(crate) fn fetches(&self) -> u32 {
        self.state.fetches.load(Ordering::SeqCst)
    }

    /// Claims of the user `ann` that hold.
    pub(crate) fn claims(&self) -> Value {
        json!({"iss": self.address, "aud": "shop", "sub": "ann", "exp": now(300), "iat": now(0), "groups": ["staff"]})
    }

    /// The source for `paceline.yaml`.
    pub(crate) fn source(&self) -> String {
        format!(
            "  - {{type: jwt, issuer: \"{}\", audience: shop, algorithms: [ES256, RS256], \
             principal: {{claim: sub, prefix: idp-, service_accounts: {{robot: ci}}}}, groups: {{claim: groups, prefix: idp-}}}}\n",
            self.address
        )
    }
}

impl State {
    fn answer(&self, path: &str, own: &str) -> (&'static str, String) {
        if *self.is_down.lock().unwrap() {
            return ("503 Service Unavailable", "{}".to_owned());
        }
        match path {
            "/.well-known/openid-configuration" => {
                let document = self.document.lock().unwrap().clone();
                let usual = || json!({"issuer": own, "jwks_uri": format!("{own}/keys")});
                ("200 OK", document.unwrap_or_else(usual).to_string())
            }
            "/keys" => {
                self.fetches.fetch_add(1, Ordering::SeqCst);
                ("200 OK", self.keys.lock().unwrap().to_string())
            }
            "/redirect" => ("302 Found\r\nlocation: /keys", "{}".to_owned()),
            _ => ("404 Not Found", "{}".to_owned()),
        }
    }
}
