//! The settings of the proxy.

use std::time::Duration;

use axum::http::Uri;
use clap::Parser;

/// What the proxy knows.
#[derive(Clone, Parser)]
#[command(version, about)]
pub struct Settings {
    /// The origin of the app's pages, such as `https://app.example`. Requests from any other origin are refused.
    #[arg(long, env = "APP_ORIGIN", default_value = "http://localhost:8080", value_parser = origin)]
    pub app_origin: String,
    /// The server's token endpoint.
    #[arg(long, env = "TOKEN_ENDPOINT", value_parser = endpoint)]
    pub token_endpoint: String,
    /// The server's revocation endpoint, if it has one.
    #[arg(long, env = "REVOCATION_ENDPOINT", value_parser = endpoint)]
    pub revocation_endpoint: Option<String>,
    /// The client id.
    #[arg(long, env = "CLIENT_ID")]
    pub client_id: String,
    /// The client secret. Give it by the environment, where other users of the machine do not see it.
    #[arg(long, env = "CLIENT_SECRET", hide_env_values = true, required_unless_present = "authenticator")]
    pub client_secret: Option<String>,
    /// The URL of a service on this machine that returns the parameters which authenticate a request, in place of the secret. The project's
    /// example udap-proxy starts such a service.
    #[arg(long, env = "AUTHENTICATOR", value_parser = local, conflicts_with = "client_secret", requires = "authenticator_token")]
    pub authenticator: Option<String>,
    /// The token that the service requires, so that no other program on this machine can use it.
    #[arg(long, env = "AUTHENTICATOR_TOKEN", hide_env_values = true)]
    pub authenticator_token: Option<String>,
    /// How long the server may take to respond, in seconds.
    #[arg(long, env = "UPSTREAM_TIMEOUT", default_value = "10", value_parser = seconds)]
    pub upstream_timeout: Duration,
}

/// An origin as browsers write it in the `Origin` header.
fn origin(text: &str) -> Result<String, String> {
    let uri: Uri = text.parse().map_err(|_| "it is not a URL".to_owned())?;
    let origin = match (uri.scheme_str(), uri.authority()) {
        (Some(scheme @ ("https" | "http")), Some(authority)) => format!("{scheme}://{authority}"),
        _ => return Err("it does not begin with https:// or http://".to_owned()),
    };
    if text == origin { Ok(origin) } else { Err(format!("it is more than an origin: give {origin}")) }
}

/// A URL that the secret may be sent to: https, or this machine.
fn endpoint(text: &str) -> Result<String, String> {
    let uri: Uri = text.parse().map_err(|_| "it is not a URL".to_owned())?;
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) | (Some("http"), Some("localhost" | "127.0.0.1" | "[::1]")) => Ok(text.to_owned()),
        _ => Err("the secret goes by https alone, or to this machine".to_owned()),
    }
}

/// A URL of a service on this machine.
fn local(text: &str) -> Result<String, String> {
    let uri: Uri = text.parse().map_err(|_| "it is not a URL".to_owned())?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some("localhost" | "127.0.0.1" | "[::1]")) => Ok(text.to_owned()),
        _ => Err("it is not on this machine".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=300) => Ok(Duration::from_secs(seconds)),
        _ => Err("it is not a number of seconds from 1 to 300".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_accepted_as_browsers_serialize_it() {
        for right in ["https://app.example", "http://localhost:8080"] {
            assert_eq!(origin(right).as_deref(), Ok(right));
        }
        for wrong in
            ["https://app.example/", "https://app.example/app", "app.example", "/", "*", "null", "ftp://app.example"]
        {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn k5_the_secret_is_only_sent_by_https_or_to_this_machine() {
        for right in ["https://ehr.example/token", "http://localhost:9080/token", "http://127.0.0.1/token"] {
            assert_eq!(endpoint(right).as_deref(), Ok(right));
        }
        for wrong in ["http://ehr.example/token", "http://localhost.evil.example/token", "/token", ""] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn u17_the_authenticator_is_on_this_machine_and_stands_for_the_secret() {
        let needed = ["token-proxy", "--token-endpoint=https://ehr.example/token", "--client-id=c"];
        let parses = |more: &[&str]| Settings::try_parse_from(needed.iter().chain(more)).is_ok();
        let (url, token) = ("--authenticator=http://127.0.0.1:9/", "--authenticator-token=t");
        assert!(parses(&["--client-secret=s"]) && parses(&[url, token]));
        assert!(!parses(&[]), "neither");
        assert!(!parses(&[url]), "without its token");
        assert!(!parses(&[url, token, "--client-secret=s"]), "both");
        assert!(!parses(&["--authenticator=https://elsewhere.example/", token]));
    }
}
