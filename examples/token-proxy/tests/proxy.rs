//! The proxy before a token endpoint that notes what reaches it.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::any;
use axum::{Json, Router};
use http_body_util::BodyExt;
use token_proxy::{Settings, router};
use tower::ServiceExt;

type Seen = Arc<Mutex<Vec<(String, String, String)>>>;

/// A server that answers every request with a token, and notes path, `Authorization` and form.
async fn server() -> (String, Seen) {
    let seen = Seen::default();
    let noted = seen.clone();
    let answer = move |uri: axum::http::Uri, headers: HeaderMap, form: String| async move {
        let authorization = headers["authorization"].to_str().unwrap().to_owned();
        noted.lock().unwrap().push((uri.path().to_owned(), authorization, form));
        Json([("access_token", "a")].into_iter().collect::<std::collections::HashMap<_, _>>())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(answer))).await });
    (origin, seen)
}

fn proxy(server: &str) -> Router {
    router(Settings {
        app_origin: "https://app.example".into(),
        token_endpoint: format!("{server}/token"),
        revocation_endpoint: Some(format!("{server}/revoke")),
        client_id: "my app".into(),
        client_secret: "s:cret".into(),
    })
}

async fn post(proxy: Router, origin: Option<&str>, form: &str) -> (StatusCode, String) {
    let mut request = Request::post("/token-proxy").header("Content-Type", "application/x-www-form-urlencoded");
    if let Some(origin) = origin {
        request = request.header("Origin", origin);
    }
    let response = proxy.oneshot(request.body(Body::from(form.to_owned())).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

const APP: Option<&str> = Some("https://app.example");

#[tokio::test]
async fn k5_the_proxy_adds_the_secret_and_passes_the_answer_on() {
    let (server, seen) = server().await;
    let form = "grant_type=authorization_code&code=a%2Bb&client_id=my%20app&code_verifier=v";
    let (status, body) = post(proxy(&server), APP, form).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, r#"{"access_token":"a"}"#));
    post(proxy(&server), APP, "token=r&token_type_hint=refresh_token&client_id=my%20app").await;
    // base64 of "my+app:s%3Acret"
    let authorization = "Basic bXkrYXBwOnMlM0FjcmV0".to_owned();
    let expected = [
        (
            "/token".to_owned(),
            authorization.clone(),
            "grant_type=authorization_code&code=a%2Bb&code_verifier=v".to_owned(),
        ),
        ("/revoke".to_owned(), authorization, "token=r&token_type_hint=refresh_token".to_owned()),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn k5_the_proxy_serves_only_its_own_app_and_its_users() {
    let (server, seen) = server().await;
    let code = "grant_type=authorization_code&code=c&client_id=my%20app";
    for (origin, form, refusal) in [
        (None, code, StatusCode::FORBIDDEN),
        (Some("https://evil.example"), code, StatusCode::FORBIDDEN),
        (APP, "grant_type=client_credentials&scope=system/*.rs", StatusCode::BAD_REQUEST),
        (APP, "grant_type=refresh_token&refresh_token=r&client_id=other", StatusCode::BAD_REQUEST),
        (APP, "", StatusCode::BAD_REQUEST),
    ] {
        let (status, body) = post(proxy(&server), origin, form).await;
        assert_eq!(status, refusal, "{form}");
        assert!(!body.contains("s:cret"));
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_down_is_a_bad_gateway() {
    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let (status, _) = post(proxy(&address), APP, "grant_type=refresh_token&refresh_token=r").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
}
