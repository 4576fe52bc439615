//! The list of what a server offers, page by page.

use std::collections::BTreeSet;
use std::sync::Arc;

use rmcp::model::{ClientRequest, ListToolsRequest, ListToolsResult, PaginatedRequestParams, ServerResult};
use rmcp::service::PeerRequestOptions;

use super::{Connection, converted};
use crate::bounds::{MOST_OFFERED, MOST_PAGES, MOST_TOOLS};
use crate::error::Kind;
use crate::message;
use crate::offered::{Offered, Tool};
use crate::redact::Redactor;

impl Connection {
    pub(super) async fn list(&self) -> Result<Offered, Kind> {
        // Before the list is asked for: what changes meanwhile makes it old.
        let generation = self.shared.generation();
        let (mut tools, mut size, mut cursor, mut seen) = (Vec::new(), 0, None, BTreeSet::new());
        for _page in 0..MOST_PAGES {
            if !self.has_tools {
                break;
            }
            let page = self.page(cursor).await?;
            size += page.size;
            if size > MOST_OFFERED {
                return Err(Kind::TooLarge { what: "a list of tools", limit: MOST_OFFERED });
            }
            tools.extend(page.tools);
            if tools.len() > MOST_TOOLS {
                return Err(Kind::TooManyTools { what: "tools", limit: MOST_TOOLS });
            }
            match page.next {
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(Kind::Protocol { why: "its list of tools goes round in circles".to_owned() });
                }
                Some(next) => cursor = Some(next),
                None => return Ok(Offered { server: self.info.clone(), tools, generation }),
            }
        }
        if self.has_tools {
            return Err(Kind::TooManyTools { what: "pages of tools", limit: MOST_PAGES });
        }
        Ok(Offered { server: self.info.clone(), tools, generation })
    }

    async fn page(&self, cursor: Option<String>) -> Result<Page, Kind> {
        let params = Some(PaginatedRequestParams::default().with_cursor(cursor));
        let request = ListToolsRequest { params, ..ListToolsRequest::default() };
        let (answer, asked) =
            self.ask(ClientRequest::ListToolsRequest(request), PeerRequestOptions::no_options()).await?;
        let ServerResult::ListToolsResult(list) = answer else {
            return Err(Kind::Protocol { why: "it answered with something else than was asked".to_owned() });
        };
        if !asked.is_heavy() {
            return Ok(Page::of(list, &self.shared.redactor));
        }
        let shared = Arc::clone(&self.shared);
        message::aside(move || Page::of(list, &shared.redactor)).await.ok_or(Kind::Cancelled)
    }
}

/// A part of the list.
struct Page {
    tools: Vec<Tool>,
    /// As JSON, bytes.
    size: usize,
    next: Option<String>,
}

impl Page {
    fn of(list: ListToolsResult, redactor: &Redactor) -> Self {
        let size = list.tools.iter().map(converted::size).sum();
        // One more than there may be is enough to see that there are too many.
        let tools = list.tools.into_iter().take(MOST_TOOLS + 1);
        Self { tools: tools.map(|tool| converted::tool(tool, redactor)).collect(), size, next: list.next_cursor }
    }
}
