//! How a connection comes about.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{ProtocolVersion, ServerPeerInfo, SubscriptionFilter};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _, Peer, RunningService};
use rmcp::{ClientCacheConfig, RoleClient};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::deadlines::Deadlines;
use super::handler::Handler;
use super::{ClientSettings, Connection, why};
use crate::carrier::Carrier;
use crate::error::{Error, Kind};
use crate::offered::ServerInfo;
use crate::redact::Redactor;
use crate::server::{Server, Transport};
use crate::stdio::{self, Child};
use crate::wire::{Shared, Wire};

/// How long a server may take to say that it does not know the newer protocol, as a part of the whole time, and at most: one
/// that ignores what it does not know is asked in the old way after that.
const DISCOVER: u32 = 2;
const MOST_DISCOVER: Duration = Duration::from_secs(8);
/// How soon a listener that was told nothing asks again, at first and at most.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);
const MOST_LISTEN_AGAIN: Duration = Duration::from_mins(1);

type Service = RunningService<RoleClient, Handler>;

pub(super) async fn open(client: &ClientSettings, server: &Server, within: Duration) -> Result<Connection, Error> {
    let redactor = Redactor::new(server.secrets());
    let shared = Arc::new(Shared::new(&server.name, redactor));
    let opened = connect(client, server, within, &shared).await;
    let (service, child) = opened.map_err(|kind| shared.error(kind))?;
    shared.opened();
    let peer = service.peer().clone();
    // What is offered is asked for when it is wanted; an old answer would be worse than none.
    peer.set_response_cache_config(ClientCacheConfig::disabled()).await;
    let info = peer.peer_info();
    let info = info.as_deref();
    Ok(Connection {
        info: who(info, &shared),
        has_tools: info.is_some_and(|info| info.capabilities.tools.is_some()),
        roots: server.roots.clone(),
        listener: info.filter(|info| tells_on_request(info)).map(|_| listen(peer.clone(), Arc::clone(&shared))),
        service: Mutex::new(Some(service)),
        child: child.map(Mutex::new),
        deadlines: Deadlines::new(),
        peer,
        current: Mutex::default(),
        shared,
    })
}

async fn connect(
    client: &ClientSettings,
    server: &Server,
    within: Duration,
    shared: &Arc<Shared>,
) -> Result<(Service, Option<Child>), Kind> {
    let ends = Instant::now() + within;
    let handler = || Handler::new(&client.version, &server.roots);
    let program = match &server.transport {
        Transport::Program(program) => program,
        Transport::Http(endpoint) => {
            let carrier = Carrier::Http(Box::new(crate::http::transport(&client.web, endpoint, shared)?));
            let wire = Wire::new(carrier, Arc::clone(shared), None);
            return match tokio::time::timeout_at(ends, serve(handler(), wire, newest())).await {
                Ok(Ok(service)) => {
                    // What went wrong on the way is no matter any more.
                    shared.take_fault();
                    Ok((service, None))
                }
                Ok(Err(error)) => Err(why::not_opened(*error, shared, None).await),
                Err(_elapsed) => Err(why::no_answer(within, shared, None)),
            };
        }
    };
    let mut lifecycle = newest();
    loop {
        let discover = Instant::now() + (within / DISCOVER).min(MOST_DISCOVER);
        let (transport, child) = stdio::start(program, &client.supervisor, shared)?;
        let wire = Wire::new(Carrier::Program(Box::new(transport)), Arc::clone(shared), Some(discover));
        let is_new = !matches!(lifecycle, ClientLifecycleMode::Initialize);
        match tokio::time::timeout_at(ends, serve(handler(), wire, lifecycle)).await {
            Ok(Ok(service)) => return Ok((service, Some(child))),
            Ok(Err(error)) => match why::not_opened(*error, shared, Some(&child)).await {
                // Some servers end when they are asked what they do not know.
                Kind::EndedAtOnce { said, .. } if is_new && speaks_of_handshake(&said) => {
                    shared.take_fault();
                    lifecycle = ClientLifecycleMode::Initialize;
                }
                kind => return Err(kind),
            },
            Err(_elapsed) => return Err(why::no_answer(within, shared, Some(&child))),
        }
    }
}

fn newest() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    }
}

/// Whether the last words of a program are about the question it was asked.
fn speaks_of_handshake(said: &[String]) -> bool {
    said.iter().any(|line| line.contains("initialize") || line.contains("server/discover"))
}

async fn serve(
    handler: Handler,
    wire: Wire,
    lifecycle: ClientLifecycleMode,
) -> Result<Service, Box<rmcp::service::ClientInitializeError>> {
    handler.serve_with_lifecycle(wire, lifecycle).await.map_err(Box::new)
}

fn who(info: Option<&ServerPeerInfo>, shared: &Shared) -> ServerInfo {
    let said = info.and_then(|info| info.server_info.as_ref());
    let text = |text: &str| shared.redactor.quoted(text);
    ServerInfo {
        protocol: info.map(|info| text(info.protocol_version.as_str())).unwrap_or_default(),
        name: said.map(|server| text(&server.name)).filter(|name| !name.is_empty()),
        version: said.map(|server| text(&server.version)).filter(|version| !version.is_empty()),
    }
}

/// From 2026-07-28 on, changes are told to those who have asked for it.
fn tells_on_request(info: &ServerPeerInfo) -> bool {
    let tools = info.capabilities.tools.as_ref();
    info.protocol_version >= ProtocolVersion::V_2026_07_28
        && tools.is_some_and(|tools| tools.list_changed == Some(true))
}

/// Keeps a subscription open. What comes over it is seen on the wire.
fn listen(peer: Peer<RoleClient>, shared: Arc<Shared>) -> AbortHandle {
    let listening = tokio::spawn(async move {
        let mut pause = LISTEN_AGAIN;
        while !peer.is_transport_closed() {
            let filter = SubscriptionFilter::builder().tools_list_changed().build();
            let since = Instant::now();
            if let Ok(mut subscription) = peer.listen(filter).await {
                while let Ok(Some(_told)) = subscription.next().await {}
                // Nobody knows what was missed.
                shared.list_changed();
            }
            pause = if since.elapsed() > MOST_LISTEN_AGAIN { LISTEN_AGAIN } else { (pause * 2).min(MOST_LISTEN_AGAIN) };
            tokio::time::sleep(pause).await;
        }
    });
    listening.abort_handle()
}
