//! The server with less patience than it has in earnest: what it does when clients let it wait. Through the library, because
//! none of these times is a setting.

#[path = "../invocations/fixture.rs"]
#[expect(dead_code, reason = "the fixture is that of the invocations, and more than is needed here")]
mod fixture;
mod http2;
mod leaving;
mod mcp;
mod room;
mod server;
mod waiting;
