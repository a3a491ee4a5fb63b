//! The sandbox EHR as a program.

use clap::Parser;
use sandbox_ehr::{Config, Options, sample_logins, serve};
use std::io;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// A small EHR that imitates WebChart, to test SMART launches.
#[derive(Parser)]
#[command(version)]
struct CommandLine {
    /// The port to listen on.
    #[arg(long, default_value_t = 9080)]
    port: u16,
    /// The origin of the app that is registered as client and linked from the charts.
    #[arg(long, default_value = "http://localhost:8080")]
    app_origin: String,
    #[command(flatten)]
    sandbox: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = CommandLine::parse();
    let port = options.port;
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            eprintln!("Port {port} is taken: stop what uses it or pass --port N.");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("The sandbox EHR stopped: {error}.");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: CommandLine) -> io::Result<()> {
    let listener = TcpListener::bind(("localhost", options.port)).await?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    let mut config = Config::new(origin).app_origin(&options.app_origin);
    options.sandbox.apply(&mut config);
    print_welcome(&config);
    serve(config, listener, async {
        // Without a signal handler, the server runs until the process ends.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
    .await
}

fn print_welcome(config: &Config) {
    let logins = sample_logins();
    println!("Sandbox EHR       {}", config.base());
    println!("FHIR base         {}", config.fhir_base());
    println!("Provider log-in   {} / {}", logins.provider.user_name, logins.provider.password);
    for login in logins.patients.iter().take(config.patients as usize) {
        println!("Portal log-in     {} / {}", login.user_name, login.password);
    }
    if let Some(token) = config.ready_made_token() {
        println!("Token to paste    {token}");
    }
    println!("Stop with Ctrl-C.");
}
