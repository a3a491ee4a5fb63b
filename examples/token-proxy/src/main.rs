//! Serves an app's static files, and the token proxy beside them, on one origin.

use std::path::PathBuf;

use clap::Parser;
use token_proxy::{Settings, router};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// The folder of the app's built files. All that is in it is public.
    #[arg(long)]
    site: PathBuf,
    /// The origins whose pages may show the app in a frame, with spaces between them, such as https://ehr.example. Without it, those in
    /// the site's `_headers` file may, or none.
    #[arg(long, env = "FRAME_ANCESTORS")]
    frame_ancestors: Option<String>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let Arguments { settings, site, frame_ancestors, listen } = Arguments::parse();
    let app = router(settings).merge(token_proxy::site(&site, frame_ancestors.as_deref())?);
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
    fn the_served_folder_is_required() {
        let needed =
            ["token-proxy", "--token-endpoint=https://ehr.example/token", "--client-id=c", "--client-secret=s"];
        assert!(Arguments::try_parse_from(needed).is_err());
        assert!(Arguments::try_parse_from(needed.into_iter().chain(["--site=dist"])).is_ok());
    }
}
