//! The addresses of the listeners: taken by a start, and by a check only asked for. What the system says of one is told in the words of
//! the variables that named it. Serves nothing.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use super::ServeSettings;
use crate::setup::SetupError;

/// The variables that say where the listener is.
pub(super) const PUBLIC: [&str; 2] = ["HOST", "PORT"];
/// The same of the one for metrics and traces.
pub(super) const ADMIN: [&str; 2] = ["ADMIN_HOST", "ADMIN_PORT"];

/// Takes an address that the variables of these names say.
pub(super) fn listen(wanted: SocketAddr, names: [&str; 2]) -> Result<(TcpListener, SocketAddr), SetupError> {
    let taken = |error| taken(wanted, names, &error);
    let listener = TcpListener::bind(wanted).map_err(taken)?;
    listener.set_nonblocking(true).map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    Ok((listener, address))
}

fn taken(address: SocketAddr, [host, port]: [&str; 2], error: &io::Error) -> SetupError {
    match error.kind() {
        io::ErrorKind::AddrInUse => SetupError::new(
            format!("the address `{address}` is taken: another program listens there"),
            format!("stop the other program, or set {port} to another port; {port}=0 takes any that is free"),
        ),
        io::ErrorKind::PermissionDenied => SetupError::new(
            format!("this user may not listen on `{address}`"),
            format!("set {port} to one above 1023, such as {port}=8080"),
        ),
        io::ErrorKind::AddrNotAvailable => SetupError::new(
            format!("this machine has no address `{}`", address.ip()),
            format!(
                "set {host} to an address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 all its addresses"
            ),
        ),
        _ => SetupError::new(
            format!("cannot listen on `{address}`: {error}"),
            format!("set {host} and {port} to an address of this machine and a free port"),
        ),
    }
}

/// Whether a start could have the addresses, as far as can be seen without listening: this machine has them, and this user may take their
/// ports. A port that is taken is none's fault: who checks may do so beside the runner that is to be replaced.
///
/// # Errors
/// It could not.
pub(crate) fn ensure_addresses(settings: &ServeSettings) -> Result<(), SetupError> {
    let ensure = |wanted: SocketAddr, names| {
        // The system judges addresses and ports of datagrams as it does those of TCP, and nobody can connect to them.
        match UdpSocket::bind(wanted) {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => Err(taken(wanted, names, &error)),
            _ => Ok(()),
        }
    };
    let public = ensure(SocketAddr::new(settings.host, settings.port), PUBLIC);
    let admin = settings.admin.map_or(Ok(()), |admin| ensure(admin, ADMIN));
    SetupError::both(public, admin).map(drop)
}
