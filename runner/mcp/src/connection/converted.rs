//! What rmcp read, as this crate says it: without the credentials that the server was given.

use std::io;
use std::sync::Arc;

use rmcp::model::{self, ContentBlock, ResourceContents};
use serde::Serialize;

use crate::call::{CallResult, Content, Contents};
use crate::offered::{Annotations, Tool};
use crate::redact::Redactor;

/// The length of `value` as JSON, bytes.
pub(super) fn size(value: &impl Serialize) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // What was read from JSON can be written as JSON.
    let _infallible = serde_json::to_writer(&mut count, value);
    count.0
}

pub(super) fn tool(tool: model::Tool, redactor: &Redactor) -> Tool {
    let schema = |schema: Arc<model::JsonObject>| Arc::new(redactor.object(Arc::unwrap_or_clone(schema)));
    let hints = tool.annotations.unwrap_or_default();
    Tool {
        name: redactor.owned(tool.name.into_owned()),
        title: tool.title.map(|title| redactor.owned(title)),
        description: tool.description.map(|description| redactor.owned(description.into_owned())),
        input_schema: schema(tool.input_schema),
        output_schema: tool.output_schema.map(schema),
        annotations: Annotations {
            title: hints.title.map(|title| redactor.owned(title)),
            read_only: hints.read_only_hint,
            destructive: hints.destructive_hint,
            idempotent: hints.idempotent_hint,
            open_world: hints.open_world_hint,
        },
    }
}

pub(super) fn result(result: model::CallToolResult, redactor: &Redactor) -> CallResult {
    CallResult {
        content: result.content.into_iter().filter_map(|block| content(block, redactor)).collect(),
        structured: result.structured_content.map(|value| redactor.value(value)),
        is_error: result.is_error.unwrap_or_default(),
    }
}

/// `None` for a kind that rmcp does not know yet.
fn content(block: ContentBlock, redactor: &Redactor) -> Option<Content> {
    let text = |text: String| redactor.owned(text);
    Some(match block {
        ContentBlock::Text(block) => Content::Text(text(block.text)),
        ContentBlock::Image(block) => Content::Image { data: text(block.data), mime_type: text(block.mime_type) },
        ContentBlock::Audio(block) => Content::Audio { data: text(block.data), mime_type: text(block.mime_type) },
        ContentBlock::ResourceLink(link) => Content::Link {
            uri: text(link.uri),
            name: text(link.name),
            title: link.title.map(text),
            description: link.description.map(text),
            mime_type: link.mime_type.map(text),
        },
        ContentBlock::Resource(embedded) => match embedded.resource {
            ResourceContents::TextResourceContents { uri, mime_type, text: words, .. } => Content::Resource {
                uri: text(uri),
                mime_type: mime_type.map(text),
                contents: Contents::Text(text(words)),
            },
            ResourceContents::BlobResourceContents { uri, mime_type, blob, .. } => Content::Resource {
                uri: text(uri),
                mime_type: mime_type.map(text),
                contents: Contents::Blob(text(blob)),
            },
            _ => return None,
        },
        _ => return None,
    })
}
