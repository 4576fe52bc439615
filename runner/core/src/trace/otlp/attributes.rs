//! The attributes of one span, every text of them freed of secrets.

use pace_redact::Redactor;
use url::Url;

use super::message::{AnyValue, ArrayValue, KeyValue, Value};

/// As many as most spans have.
const USUAL: usize = 20;

/// Attributes in the order in which they are added.
pub(super) struct Attributes<'a> {
    redactor: &'a Redactor,
    list: Vec<KeyValue>,
}

impl<'a> Attributes<'a> {
    pub(super) fn new(redactor: &'a Redactor) -> Self {
        Self { redactor, list: Vec::with_capacity(USUAL) }
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.add(key, Value::Text(self.redactor.text(text).into_owned()));
    }

    /// A text that holds no secret any more.
    pub(super) fn clean(&mut self, key: &str, text: String) {
        self.add(key, Value::Text(text));
    }

    /// A text, where there is one.
    pub(super) fn maybe(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// A number; one beyond what the protocol has is its greatest.
    pub(super) fn number(&mut self, key: &str, number: u64) {
        self.add(key, Value::Number(i64::try_from(number).unwrap_or(i64::MAX)));
    }

    /// A number, where there is one.
    pub(super) fn some(&mut self, key: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.number(key, number);
        }
    }

    /// Texts, where there are any.
    pub(super) fn list(&mut self, key: &str, texts: &[String]) {
        if texts.is_empty() {
            return;
        }
        let one = |text: &String| AnyValue { value: Some(Value::Text(self.redactor.text(text).into_owned())) };
        let values = texts.iter().map(one).collect();
        self.add(key, Value::List(ArrayValue { values }));
    }

    /// How an MCP server is reached, from its address: over the network, or as a program.
    pub(super) fn server(&mut self, address: &str) {
        match Url::parse(address) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                self.text("network.transport", "tcp");
                self.text("network.protocol.name", "http");
                self.maybe("server.address", url.host_str());
                self.some("server.port", url.port_or_known_default().map(u64::from));
            }
            _ => self.text("network.transport", "pipe"),
        }
    }

    pub(super) fn done(self) -> Vec<KeyValue> {
        self.list
    }

    fn add(&mut self, key: &str, value: Value) {
        self.list.push(KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) });
    }
}
