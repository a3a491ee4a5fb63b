//! The sandbox EHR as a program.

use clap::Parser;
use sandbox_ehr::{
    AppAddress, BulkExport, ClientKeys, ClientSecret, Config, DEFAULT_PATIENTS, DEFAULT_SEED, Dialect, FileAccess,
    sample_logins, serve,
};
use std::io;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;

/// A small EHR that behaves as WebChart does, to try SMART launches against.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The port to listen on.
    #[arg(long, default_value_t = 9080)]
    port: u16,
    /// The origin of the app that is registered as client and linked from the charts.
    #[arg(long, default_value = "http://localhost:8080")]
    app_origin: String,
    /// Registers an app of yours at this address as the public client my-app, and links to it from the charts.
    #[arg(long, value_name = "URL")]
    my_app: Option<AppAddress>,
    /// Which server to behave as.
    #[arg(long, value_enum, default_value_t)]
    dialect: Dialect,
    /// Adds an iss to the redirect back to the app (RFC 9207).
    #[arg(long)]
    issuer_on_redirect: bool,
    /// Which population to make.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// How many patients there are.
    #[arg(long, default_value_t = DEFAULT_PATIENTS)]
    patients: u32,
    /// How long an access token lives, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    token_ttl: u64,
    /// How many questions for an export's status are answered before its manifest comes
    #[arg(long, value_name = "COUNT", default_value_t = BulkExport::default().polls)]
    bulk_polls: u32,
    /// How many seconds lie between two such questions
    #[arg(long, value_name = "SECONDS", default_value_t = BulkExport::default().retry_after.as_secs())]
    bulk_retry_after: u64,
    /// Over how many files the patients of each type are spread
    #[arg(long, value_name = "COUNT", default_value_t = BulkExport::default().files_per_type)]
    bulk_files: u32,
    /// How many files of resources stand on a page of an export's manifest; with 0 there is one page unless the client allows more
    #[arg(long, value_name = "COUNT", default_value_t = BulkExport::default().files_per_page)]
    bulk_page: u32,
    /// What the files of an export ask for, as their manifest says by requiresAccessToken
    #[arg(long, value_enum, default_value_t)]
    bulk_file_access: FileAccess,
    /// Adds a file of errors to every export
    #[arg(long)]
    bulk_errors: bool,
    /// How much later every answer comes, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// The secret of the client MIE-localhost-secret; unless it is given, one is made that nobody is told
    #[arg(long, value_name = "SECRET", env = "SANDBOX_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// The public keys of the client MIE-localhost-key, which is there only with them: a file with a JSON Web Key Set, or its
    /// http address
    #[arg(long, value_name = "FILE|URL")]
    client_jwks: Option<ClientKeys>,
    /// Adds the control API, by which a test orders faults; never where others can reach the port
    #[arg(long)]
    control: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
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

async fn run(options: Options) -> io::Result<()> {
    let listener = TcpListener::bind(("localhost", options.port)).await?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    let mut config = Config::new(origin).app_origin(&options.app_origin);
    if let Some(address) = &options.my_app {
        config.add_my_app(address);
    }
    config.dialect = options.dialect;
    config.issuer_on_redirect = options.issuer_on_redirect;
    config.seed = options.seed;
    config.patients = options.patients;
    config.token_ttl = Duration::from_secs(options.token_ttl);
    config.bulk.polls = options.bulk_polls;
    config.bulk.retry_after = Duration::from_secs(options.bulk_retry_after);
    config.bulk.files_per_type = options.bulk_files;
    config.bulk.files_per_page = options.bulk_page;
    config.bulk.file_access = options.bulk_file_access;
    config.bulk.has_errors = options.bulk_errors;
    config.latency = Duration::from_millis(options.latency);
    config.control = options.control;
    if let Some(secret) = options.client_secret {
        config.set_client_secret(ClientSecret::new(secret));
    }
    if let Some(keys) = options.client_jwks {
        config.set_client_keys(keys);
    }
    print_welcome(&config);
    serve(config, listener, async {
        // Without a signal handler there is nothing to wait for but the end of the process.
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
