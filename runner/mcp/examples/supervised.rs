//! A binary that supervises, for tests and to try things out: `supervised <seconds> <program> [arguments]` connects to a program,
//! prints what it offers, and waits.
#![expect(clippy::print_stdout, reason = "it is there to print")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use pace_mcp::{Client, ClientSettings, Connection, Program, Server, Supervisor, Transport, Web};

fn main() -> ExitCode {
    if let Some(code) = pace_mcp::supervise(std::env::args_os()) {
        return code;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(run())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok()).ok_or("how many seconds?")?;
    let program = arguments.next().ok_or("which program?")?;
    let web = Web::configure(|name| std::env::var(name).ok()).map_err(|error| error.to_string())?;
    let client = Client::new(ClientSettings { version: "0".to_owned(), supervisor: Supervisor::ThisProgram, web });
    let path = std::env::var("PATH").unwrap_or_default();
    let server = Server {
        name: program.clone(),
        transport: Transport::Program(Program {
            program: PathBuf::from(&program),
            arguments: arguments.collect(),
            variables: BTreeMap::from([("PATH".to_owned(), path)]),
            secrets: BTreeMap::new(),
            directory: std::env::current_dir().map_err(|error| error.to_string())?,
        }),
        roots: Vec::new(),
    };
    let within = Duration::from_secs(20);
    let connection = Connection::open(&client, &server, within).await.map_err(|error| error.to_string())?;
    let offered = connection.offered(within).await.map_err(|error| error.to_string())?;
    println!("{:?}", offered.server);
    for tool in &offered.tools {
        println!("{}", tool.name);
    }
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    connection.close().await;
    Ok(())
}
