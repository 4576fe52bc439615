//! How a message is read, whatever it came over: it is looked at before anything is made of it ([`Scan`]), refused if it is over
//! a bound, dropped if it answers what nobody asks any more, and built where that holds up nobody, if it takes long. What is
//! built takes many times the memory of its text, so all messages of the process have one budget.

mod budget;
mod salvage;
mod scan;

use std::sync::Arc;

use rmcp::model::{CallToolResult, JsonRpcResponse, ServerJsonRpcMessage, ServerResult};

pub(crate) use self::budget::{Room, aside, while_read};
pub(crate) use self::scan::Scan;
use crate::bounds::{LIGHT, LIGHT_VALUES, MOST_DEPTH, MOST_NOTICE, MOST_RESULT, MOST_VALUES};
use crate::connection::{TOO_LARGE, TOO_MANY_VALUES, UNREADABLE};
use crate::error::Kind;
use crate::wire::{Asks, Shared, no_answer};

/// What a text came to.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is passed on at once; a box would be one more for each message")]
pub(crate) enum Read {
    /// A message, or what is told in the place of an answer that is over a bound.
    Message(ServerJsonRpcMessage),
    /// An answer that nobody waits for.
    Unwanted,
    /// A request or a notification that is over a bound.
    Dropped,
    /// No message.
    Stray,
}

/// What is to be done with a text that was looked at.
#[expect(clippy::large_enum_variant, reason = "it is passed on at once; a box would be one more for each message")]
enum Verdict {
    /// It is built.
    Build,
    /// It is not.
    Is(Read),
}

/// Reads what is short and of few values; `None` for all else, which is [`read_aside`].
pub(crate) fn read_light(text: &[u8], shared: &Shared) -> Option<Read> {
    if text.len() > LIGHT {
        return None;
    }
    let scan = Scan::of(text);
    match judge(text.len(), &scan, shared) {
        Verdict::Build if scan.values > LIGHT_VALUES => None,
        Verdict::Build => Some(built(text, &scan, shared)),
        Verdict::Is(read) => Some(read),
    }
}

/// The same for all else: looked at and built on another thread, of which there are few, as soon as there is memory for it.
pub(crate) async fn read_aside(text: Vec<u8>, shared: Arc<Shared>) -> (Read, Vec<u8>) {
    let looked = aside(move || (Scan::of(&text), text)).await;
    // The thread cannot be had when the runtime ends.
    let Some((scan, text)) = looked else { return (Read::Stray, Vec::new()) };
    match judge(text.len(), &scan, &shared) {
        Verdict::Is(read) => (read, text),
        Verdict::Build => {
            let room = Room::of(text.len(), scan.values).await;
            let reader = Arc::clone(&shared);
            let read = aside(move || (built(&text, &scan, &reader), scan.id, text)).await;
            let read = read.map(|(read, id, text)| {
                if let Some(id) = id {
                    shared.weigh(&id, room);
                }
                (read, text)
            });
            read.unwrap_or((Read::Stray, Vec::new()))
        }
    }
}

/// Either of them.
pub(crate) async fn read(text: Vec<u8>, shared: &Arc<Shared>) -> (Read, Vec<u8>) {
    match read_light(&text, shared) {
        Some(read) => (read, text),
        None => read_aside(text, Arc::clone(shared)).await,
    }
}

/// Whether a message that is no answer to a call may be built.
///
/// # Errors
/// Which bound it is over.
pub(crate) fn fits(length: usize, scan: &Scan) -> Result<(), Kind> {
    if length > MOST_NOTICE {
        return Err(Kind::TooLarge { what: "a message", limit: MOST_NOTICE });
    }
    if scan.values > MOST_VALUES {
        return Err(Kind::TooManyValues { limit: MOST_VALUES });
    }
    Ok(())
}

fn judge(length: usize, scan: &Scan, shared: &Shared) -> Verdict {
    if !scan.is_answer() {
        return match fits(length, scan) {
            // What is broken off, or another program's.
            _ if !scan.is_any() && length > LIGHT => Verdict::Is(Read::Stray),
            Ok(()) if scan.depth <= MOST_DEPTH => Verdict::Build,
            _ if scan.is_any() => Verdict::Is(Read::Dropped),
            _ => Verdict::Is(Read::Stray),
        };
    }
    let Some(id) = &scan.id else {
        // An error about what could not be read; those are short.
        return if length > LIGHT { Verdict::Is(Read::Stray) } else { Verdict::Build };
    };
    let Some(asks) = shared.asks(id) else { return Verdict::Is(Read::Unwanted) };
    let instead = |why| Verdict::Is(Read::Message(no_answer(id.clone(), why)));
    if !shared.is_open() {
        // What opens a connection says why it does not.
        return match fits(length, scan) {
            Ok(()) if scan.depth <= MOST_DEPTH => Verdict::Build,
            Ok(()) => instead(UNREADABLE),
            Err(kind) => {
                shared.blame(kind);
                instead(TOO_LARGE)
            }
        };
    }
    let most = if asks == Asks::Else { MOST_NOTICE } else { MOST_RESULT };
    if length > most {
        instead(TOO_LARGE)
    } else if scan.depth > MOST_DEPTH {
        instead(UNREADABLE)
    } else if scan.values > MOST_VALUES {
        instead(TOO_MANY_VALUES)
    } else {
        Verdict::Build
    }
}

fn built(text: &[u8], scan: &Scan, shared: &Shared) -> Read {
    if let Some(message) = result_of_call(text, scan, shared) {
        return Read::Message(message);
    }
    let Ok(message) = serde_json::from_slice(text) else {
        // If it tries to be an answer, whoever waits for it is told at once.
        let asked = scan.id.as_ref().filter(|id| scan.is_answer() && shared.asks(id).is_some());
        return asked.map_or(Read::Stray, |id| Read::Message(no_answer(id.clone(), UNREADABLE)));
    };
    let ServerJsonRpcMessage::Response(response) = message else { return Read::Message(message) };
    let Some(asks) = shared.asks(&response.id) else { return Read::Unwanted };
    let is_unknown = matches!(response.result, ServerResult::CustomResult(_) | ServerResult::TaskAckResult(_));
    let salvaged = if is_unknown && asks == Asks::Call { salvage::result(text) } else { None };
    Read::Message(match salvaged {
        Some(result) => ServerJsonRpcMessage::response(ServerResult::CallToolResult(result), response.id),
        None => ServerJsonRpcMessage::Response(response),
    })
}

/// What a call came to, if it is what most calls come to. An answer says nothing of what it is an answer to: rmcp tries one kind of
/// result after the other, which took half of all the time of a call. What else it may be, rmcp finds out as ever.
fn result_of_call(text: &[u8], scan: &Scan, shared: &Shared) -> Option<ServerJsonRpcMessage> {
    let id = scan.id.as_ref().filter(|_| scan.is_result())?;
    if shared.asks(id) != Some(Asks::Call) {
        return None;
    }
    let JsonRpcResponse { id, result, .. } = serde_json::from_slice::<JsonRpcResponse<CallToolResult>>(text).ok()?;
    Some(ServerJsonRpcMessage::response(ServerResult::CallToolResult(result), id))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use rmcp::model::NumberOrString;

    use super::*;
    use crate::bounds::MOST_AT_WORK;
    use crate::redact::Redactor;

    fn shared() -> Arc<Shared> {
        let shared = Shared::new("x", Redactor::default());
        shared.opened();
        shared.ask(NumberOrString::Number(1), Asks::Call, None);
        shared.ask(NumberOrString::Number(2), Asks::Else, None);
        Arc::new(shared)
    }

    fn answer(id: u32, pieces: usize, text: usize) -> Vec<u8> {
        let piece = format!("{{\"type\":\"text\",\"text\":\"{}\"}}", "x".repeat(text));
        let pieces = vec![piece; pieces].join(",");
        format!("{{\"jsonrpc\":\"2.0\",\"result\":{{\"content\":[{pieces}]}},\"id\":{id}}}").into_bytes()
    }

    /// The shorter way gives what rmcp gives, and leaves to rmcp whatever else an answer may be.
    #[test]
    fn a_result_is_read_as_rmcp_reads_it() {
        let shared = shared();
        let read = |id: u32, rest: &str| {
            let text = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},{rest}}}");
            let short = result_of_call(text.as_bytes(), &Scan::of(text.as_bytes()), &shared);
            let whole = serde_json::from_str::<ServerJsonRpcMessage>(&text).ok();
            // What rmcp makes has no equality of its own.
            (short.map(|message| format!("{message:?}")), whole.map(|message| format!("{message:?}")))
        };
        for result in [
            r#"{"content":[]}"#,
            r#"{"content":[{"type":"text","text":"a\u00e4\n"}],"isError":true}"#,
            r#"{"resultType":"complete","content":[{"type":"image","data":"AA==","mimeType":"image/png"}],"_meta":{"a":1}}"#,
            r#"{"structuredContent":{"a":[1e300,null]},"content":[],"else":{"b":2}}"#,
            r#"{"structuredContent":null}"#,
            r#"{"isError":false}"#,
        ] {
            let (short, whole) = read(1, &format!("\"result\":{result}"));
            assert_eq!(short, whole, "{result}");
            assert!(short.is_some(), "{result}");
        }
        for other in [
            r#""result":{}"#,
            r#""result":{"content":7}"#,
            r#""result":{"content":[{"type":"hologram"}]}"#,
            r#""result":{"resultType":"input_required","inputRequests":{}}"#,
            r#""result":{"task":{"taskId":"1"}}"#,
            r#""error":{"code":1,"message":"no"}"#,
            r#""method":"ping","result":{"content":[]}"#,
            r#""result":{"content":[]},"error":{"code":1,"message":"no"}"#,
        ] {
            assert!(read(1, other).0.is_none(), "{other}");
        }
        // What was asked is no call, or nothing.
        assert!(read(2, r#""result":{"content":[]}"#).0.is_none() && read(3, r#""result":{"content":[]}"#).0.is_none());
    }

    #[test]
    fn only_what_is_light_is_read_where_it_arrives() {
        let shared = shared();
        let read = |id, pieces, text| read_light(&answer(id, pieces, text), &shared);
        assert!(matches!(read(1, 10, 10), Some(Read::Message(_))));
        assert!(read(1, 1, LIGHT).is_none() && read(1, LIGHT_VALUES, 1).is_none());
        assert!(matches!(read(7, 10, 10), Some(Read::Unwanted)));
        // Of what nobody wants, nothing is built.
        assert!(matches!(read(7, LIGHT_VALUES, 1), Some(Read::Unwanted)));
    }

    #[tokio::test]
    async fn what_is_heavy_is_read_on_another_thread() {
        let here = std::thread::current().id();
        assert_ne!(aside(move || std::thread::current().id()).await, Some(here));
        let shared = shared();
        let (read, text) = read_aside(answer(1, 1, LIGHT), Arc::clone(&shared)).await;
        assert!(matches!(read, Read::Message(ServerJsonRpcMessage::Response(_))) && text.len() > LIGHT);
        assert!(shared.is_heavy(&NumberOrString::Number(1)));
        shared.done(&NumberOrString::Number(1));
        assert!(!shared.is_heavy(&NumberOrString::Number(1)));
        // Whoever has left gets nothing, and leaves no memory behind.
        let (read, _) = read_aside(answer(1, 1, LIGHT), Arc::clone(&shared)).await;
        assert!(matches!(read, Read::Unwanted) && !shared.is_heavy(&NumberOrString::Number(1)));
    }

    #[tokio::test]
    async fn bounds_are_told_in_the_place_of_the_answer() {
        let shared = shared();
        let told = |text: Vec<u8>| {
            let shared = Arc::clone(&shared);
            async move {
                match read(text, &shared).await.0 {
                    Read::Message(ServerJsonRpcMessage::Error(error)) => error.error.message.into_owned(),
                    other => format!("{other:?}"),
                }
            }
        };
        assert_eq!(told(answer(1, MOST_VALUES, 1)).await, TOO_MANY_VALUES);
        assert_eq!(told(answer(1, 1, MOST_RESULT)).await, TOO_LARGE);
        assert_eq!(told(answer(2, 1, MOST_NOTICE)).await, TOO_LARGE);
        let deep = format!("{{\"id\":1,\"result\":{}{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(told(deep.into_bytes()).await, UNREADABLE);
        assert_eq!(told(b"{\"id\":1,\"result\":{".to_vec()).await, UNREADABLE);
        let note = format!("{{\"method\":\"notifications/message\",\"params\":\"{}\"}}", "x".repeat(MOST_NOTICE));
        assert_eq!(told(note.into_bytes()).await, "Dropped");
        assert_eq!(told("[1,".repeat(LIGHT).into_bytes()).await, "Stray");
    }

    #[tokio::test]
    async fn memory_for_messages_is_waited_for() {
        let most = || Room::of(MOST_RESULT, MOST_VALUES);
        let mut rooms = Vec::new();
        // Others may take some meanwhile, never all.
        while let Some(room) = most().now_or_never() {
            rooms.push(room);
            assert!(rooms.len() <= MOST_AT_WORK / (MOST_RESULT * 2), "there is no end of it");
        }
        assert!(!rooms.is_empty());
        let waiting = tokio::spawn(most());
        rooms.clear();
        waiting.await.unwrap();
    }

    #[test]
    fn answers_that_nobody_wants_are_borne_for_a_while() {
        let shared = shared();
        for _mebibyte in 0..60 {
            shared.unwanted(1 << 20).unwrap();
        }
        let too_many = (0..60).find_map(|_| shared.unwanted(1 << 20).err());
        assert!(matches!(too_many, Some(Kind::Protocol { .. })));
    }
}
