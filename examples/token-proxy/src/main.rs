//! Serves an app's static files, and the token proxy beside them, on one origin.

use std::path::PathBuf;

use clap::Parser;
use token_proxy::{Settings, router};
use tower_http::services::ServeDir;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// The folder of the app's built files. All that is in it is public.
    #[arg(long)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_that_is_served_must_be_named() {
        let needed =
            ["token-proxy", "--token-endpoint=https://ehr.example/token", "--client-id=c", "--client-secret=s"];
        assert!(Arguments::try_parse_from(needed).is_err());
        assert!(Arguments::try_parse_from(needed.into_iter().chain(["--site=dist"])).is_ok());
    }
}
