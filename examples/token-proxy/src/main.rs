//! Serves an app's static files, and the token proxy beside them, on one origin.

use std::path::PathBuf;

use clap::Parser;
use token_proxy::{Settings, router};
use tower_http::services::ServeDir;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// The folder of the app's files.
    #[arg(long, default_value = ".")]
    site: PathBuf,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let Arguments { settings, site, listen } = Arguments::parse();
    let app = router(settings).fallback_service(ServeDir::new(site));
    let listener = tokio::net::TcpListener::bind(&listen).await;
    let listener =
        listener.map_err(|error| format!("cannot listen on {listen} ({error}): choose another by --listen"))?;
    println!("The app and its token proxy are at http://{listen}.");
    axum::serve(listener, app).await.map_err(|error| error.to_string())
}
