//! The list of what a server offers, page by page.

use std::collections::BTreeSet;

use rmcp::model::PaginatedRequestParams;

use super::{Connection, converted};
use crate::bounds::{MOST_OFFERED, MOST_PAGES, MOST_TOOLS};
use crate::error::Kind;
use crate::offered::Offered;

impl Connection {
    pub(super) async fn list(&self) -> Result<Offered, Kind> {
        // Before the list is asked for: what changes meanwhile makes it old.
        let generation = self.shared.generation();
        let (mut tools, mut size, mut cursor, mut seen) = (Vec::new(), 0, None, BTreeSet::new());
        for _page in 0..MOST_PAGES {
            if !self.has_tools {
                break;
            }
            let page = PaginatedRequestParams::default().with_cursor(cursor);
            let page = match self.peer.list_tools(Some(page)).await {
                Ok(page) => page,
                Err(error) => return Err(self.failed(error).await),
            };
            for tool in page.tools {
                size += converted::size(&tool);
                if size > MOST_OFFERED {
                    return Err(Kind::TooLarge { what: "a list of tools", limit: MOST_OFFERED });
                }
                if tools.len() == MOST_TOOLS {
                    return Err(Kind::TooManyTools { what: "tools", limit: MOST_TOOLS });
                }
                tools.push(converted::tool(tool, &self.shared.redactor));
            }
            match page.next_cursor {
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
}
