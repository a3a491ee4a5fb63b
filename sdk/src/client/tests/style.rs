//! The look of the EHR.

use serde_json::{Value, json};

use super::server::*;
use crate::abort::AbortSignal;
use crate::error::Failure;
use crate::memory::{Reply, World};
use crate::protocol::smart_style::SmartStyle;

const STYLE: &str = "https://style.example/ehr.json";

/// Requests the style of a launch with this URL, at which there is this response.
fn style(url: Value, response: Reply) -> (World, Result<SmartStyle, Failure>) {
    let server = Server::new();
    *server.members.borrow_mut() = json!({"smart_style_url": url});
    let world = server.world();
    let session = sign_in(&server, &world, &world.tab("https://app.example/"));
    world.respond_with(move |_| response.clone());
    let style = world.run(async move { session.style(&AbortSignal::never()).await }).unwrap();
    (world, style)
}

#[test]
fn m6_the_style_is_requested_without_a_token() {
    let (world, style) =
        style(json!(STYLE), Reply::json(200, &json!({"color_text": "#303030", "dim_spacing_size": "20px"})));
    let style = style.unwrap();
    assert_eq!(style.color_text.unwrap().to_string(), "#303030");
    assert_eq!(style.dim_spacing_size, Some(20.0));
    let requests = world.requests();
    let request = requests.last().unwrap();
    assert_eq!((request.url.as_str(), request.authorization()), (STYLE, None));
}

#[test]
fn m6_a_style_that_cannot_be_had_is_a_typed_error() {
    let document = || Reply::json(200, &json!({}));
    for (url, response, code) in [
        (json!(null), document(), "not_offered"),
        (json!("ehr.json"), document(), "invalid_url"),
        (json!("http://style.example/ehr.json"), document(), "insecure_url"),
        (json!(STYLE), Reply::text(200, "<html>"), "not_json"),
        (json!(STYLE), Reply::json(404, &json!({})), "not_json"),
        (json!(STYLE), Reply::offline(), "network"),
    ] {
        let (_, style) = style(url.clone(), response);
        assert_eq!(style.unwrap_err().code(), code, "{url}");
    }
}
