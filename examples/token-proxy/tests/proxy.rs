//! The proxy before a token endpoint that notes what reaches it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::any;
use axum::{Json, Router};
use http_body_util::BodyExt;
use token_proxy::{Settings, router, site};
use tower::ServiceExt;

type Seen = Arc<Mutex<Vec<(String, String, String)>>>;

/// A server that answers every request with a token, and notes path, `Authorization` and form.
async fn server() -> (String, Seen) {
    let seen = Seen::default();
    let noted = seen.clone();
    let answer = move |uri: axum::http::Uri, headers: HeaderMap, form: String| async move {
        let authorization = headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
        noted.lock().unwrap().push((uri.path().to_owned(), authorization, form));
        Json([("access_token", "a")].into_iter().collect::<std::collections::HashMap<_, _>>())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(answer))).await });
    (origin, seen)
}

fn proxy(server: &str) -> Router {
    router(settings(server))
}

fn settings(server: &str) -> Settings {
    Settings {
        app_origin: "https://app.example".into(),
        token_endpoint: format!("{server}/token"),
        revocation_endpoint: Some(format!("{server}/revoke")),
        client_id: "my app".into(),
        client_secret: Some("s:cret".into()),
        authenticator: None,
        authenticator_token: None,
        upstream_timeout: Duration::from_secs(10),
    }
}

async fn post(proxy: Router, origin: Option<&str>, form: &str) -> (StatusCode, String) {
    let headers: Vec<_> = origin.map(|origin| ("Origin", origin)).into_iter().collect();
    post_with(proxy, &headers, form).await
}

async fn post_with(proxy: Router, headers: &[(&str, &str)], form: &str) -> (StatusCode, String) {
    let mut request = Request::post("/token-proxy").header("Content-Type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = proxy.oneshot(request.body(Body::from(form.to_owned())).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

const APP: Option<&str> = Some("https://app.example");

#[tokio::test]
async fn k5_the_proxy_adds_the_secret_and_forwards_the_response() {
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
async fn k5_a_duplicate_parameter_is_refused() {
    let (server, seen) = server().await;
    for form in [
        "grant_type=refresh_token&grant_type=client_credentials&scope=system/*.rs",
        "grant_type=refresh_token&grant_type=client_credentials&refresh_token=r",
        "grant_type=refresh_token&grant%5Ftype=client_credentials&refresh_token=r",
        "grant_type=refresh_token&grant_type=&refresh_token=r",
        "grant_type=refresh_token&refresh_token=r&refresh_token=s",
        "grant_type=refresh_token&refresh_token=r&client_id=my%20app&client_id=other",
        "token=r&token=s",
    ] {
        let (status, body) = post(proxy(&server), APP, form).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{form}");
        assert!(body.contains(r#""error":"invalid_request""#), "{form}: {body}");
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn k5_only_the_parameters_of_the_request_are_passed_on() {
    let (server, seen) = server().await;
    for (sent, passed) in [
        (
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2F&code_verifier=v&scope=system%2F*.rs",
            "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2F&code_verifier=v",
        ),
        (
            "grant_type=refresh_token&refresh_token=r&scope=patient%2F*.rs&code=c&grant_type%5B%5D=client_credentials",
            "grant_type=refresh_token&refresh_token=r&scope=patient%2F*.rs",
        ),
        (
            "grant_type=refresh_token&refresh_token=r&assertion=a&client_assertion=a&client_secret=x&username=u&password=p",
            "grant_type=refresh_token&refresh_token=r",
        ),
        // Some servers part parameters at a semicolon, too.
        (
            "grant_type=refresh_token&refresh_token=r;grant_type=client_credentials",
            "grant_type=refresh_token&refresh_token=r%3Bgrant_type%3Dclient_credentials",
        ),
        ("token=r&token_type_hint=refresh_token&scope=x&grant_type=", "token=r&token_type_hint=refresh_token"),
    ] {
        let (status, _) = post(proxy(&server), APP, sent).await;
        assert_eq!(status, StatusCode::OK, "{sent}");
        assert_eq!(seen.lock().unwrap().pop().unwrap().2, passed);
    }
}

#[tokio::test]
async fn k5_a_request_from_another_site_is_refused_by_its_fetch_metadata() {
    let (server, seen) = server().await;
    let origin = ("Origin", "https://app.example");
    let form = "grant_type=refresh_token&refresh_token=r";
    for site in ["cross-site", "same-site", "none", ""] {
        let (status, _) = post_with(proxy(&server), &[origin, ("Sec-Fetch-Site", site)], form).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{site}");
    }
    let twice = [origin, ("Origin", "https://evil.example")];
    assert_eq!(post_with(proxy(&server), &twice, form).await.0, StatusCode::FORBIDDEN);
    assert!(seen.lock().unwrap().is_empty());
    let (status, _) = post_with(proxy(&server), &[origin, ("Sec-Fetch-Site", "same-origin")], form).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn k5_a_redirect_is_not_followed_and_is_a_bad_gateway() {
    let (elsewhere, seen) = server().await;
    for status in [StatusCode::FOUND, StatusCode::SEE_OTHER, StatusCode::TEMPORARY_REDIRECT] {
        let location = format!("{elsewhere}/token");
        let redirect = move || async move { (status, [("Location", location)], "moved") };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(redirect))).await });
        let answer = post(proxy(&origin), APP, "grant_type=refresh_token&refresh_token=r").await;
        assert_eq!(answer, (StatusCode::BAD_GATEWAY, String::new()), "{status}");
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn k5_a_server_that_does_not_respond_is_a_gateway_timeout() {
    // It takes connections, and never reads from them.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let proxy = router(Settings { upstream_timeout: Duration::from_millis(50), ..settings(&address) });
    let (status, body) = post(proxy, APP, "grant_type=refresh_token&refresh_token=r").await;
    assert_eq!((status, body.as_str()), (StatusCode::GATEWAY_TIMEOUT, ""));
}

#[tokio::test]
async fn a_form_that_is_too_long_is_not_read() {
    let (server, seen) = server().await;
    let form = format!("grant_type=refresh_token&refresh_token={}", "r".repeat(100_000));
    assert_eq!(post(proxy(&server), APP, &form).await.0, StatusCode::PAYLOAD_TOO_LARGE);
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

/// The headers of a response for a path of a site in a folder of its own.
async fn site_headers(name: &str, rules: Option<&str>, ancestors: Option<&str>, path: &str) -> HeaderMap {
    let folder = std::env::temp_dir().join(format!("token-proxy-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("index.html"), "<p>app</p>").unwrap();
    if let Some(rules) = rules {
        std::fs::write(folder.join("_headers"), rules).unwrap();
    }
    let app = proxy("http://localhost").merge(site(&folder, ancestors).unwrap());
    let response = app.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    response.headers().clone()
}

#[tokio::test]
async fn k5_no_page_can_frame_the_site_unless_one_is_configured() {
    for path in ["/", "/index.html", "/missing"] {
        let headers = site_headers("bare", None, None, path).await;
        assert_eq!(headers["content-security-policy"], "frame-ancestors 'none'", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
    }
    let headers = site_headers("named", None, Some("https://ehr.example"), "/").await;
    assert_eq!(headers["content-security-policy"], "frame-ancestors https://ehr.example");
}

#[tokio::test]
async fn k5_the_site_has_the_headers_of_its_own_file() {
    let rules = "/*\n  Content-Security-Policy: default-src 'none'; frame-ancestors https://ehr.example\n  Cache-Control: no-cache\n\
        /index.html\n  Cache-Control: no-store\n";
    let headers = site_headers("rules", Some(rules), None, "/").await;
    assert_eq!(headers["content-security-policy"], "default-src 'none'; frame-ancestors https://ehr.example");
    assert_eq!(headers["cache-control"], "no-cache");
    let headers = site_headers("replaced", Some(rules), Some("'self'"), "/index.html").await;
    assert_eq!(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'self'");
    assert_eq!(headers["cache-control"], "no-store");
}

#[tokio::test]
async fn s15_a_compressed_copy_is_sent_to_a_client_that_reads_it() {
    let folder = std::env::temp_dir().join(format!("token-proxy-compressed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (file, contents) in [("app.js", "plain"), ("app.js.gz", "with gzip"), ("app.js.br", "with brotli")] {
        std::fs::write(folder.join(file), contents).unwrap();
    }
    for (accepted, encoding, body) in
        [("gzip, br", Some("br"), "with brotli"), ("gzip", Some("gzip"), "with gzip"), ("identity", None, "plain")]
    {
        let request = Request::get("/app.js").header("Accept-Encoding", accepted).body(Body::empty()).unwrap();
        let response = site(&folder, None).unwrap().oneshot(request).await.unwrap();
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("content-encoding").as_deref(), encoding, "{accepted}");
        assert_eq!(header("content-type").as_deref(), Some("text/javascript"), "{accepted}");
        assert_eq!(header("vary").as_deref(), Some("accept-encoding"));
        assert_eq!(axum::body::to_bytes(response.into_body(), 1_000).await.unwrap(), body);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn k5_frame_ancestors_are_only_one_directive() {
    for wrong in ["https://a; script-src *", "https://a, https://b", "a\nb"] {
        assert!(site(&std::env::temp_dir(), Some(wrong)).is_err(), "{wrong}");
    }
}

/// An authenticator that returns this.
async fn authenticator(answer: &'static str) -> (String, Seen) {
    let seen = Seen::default();
    let noted = seen.clone();
    let answer = move |uri: axum::http::Uri, headers: HeaderMap, form: String| async move {
        let authorization = headers["authorization"].to_str().unwrap().to_owned();
        noted.lock().unwrap().push((uri.path().to_owned(), authorization, form));
        answer
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(answer))).await });
    (url, seen)
}

fn proxy_with(server: &str, authenticator: String) -> Router {
    let (authenticator, authenticator_token) = (Some(authenticator), Some("for-this-machine".to_owned()));
    router(Settings { client_secret: None, authenticator, authenticator_token, ..settings(server) })
}

#[tokio::test]
async fn u17_an_authenticator_adds_an_assertion_in_place_of_the_secret() {
    let (server, seen) = server().await;
    let answer = r#"{"parameters":{"client_assertion_type":"jwt-bearer","client_assertion":"a.b+c","udap":"1"}}"#;
    let (url, asked) = authenticator(answer).await;
    // What the page itself sends of these is dropped.
    let form = "grant_type=authorization_code&code=c&code_verifier=v&client_id=my%20app&client_assertion=forged&udap=2";
    let (status, body) = post(proxy_with(&server, url.clone()), APP, form).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, r#"{"access_token":"a"}"#));
    let expected = "grant_type=authorization_code&code=c&code_verifier=v\
                    &client_assertion=a.b%2Bc&client_assertion_type=jwt-bearer&udap=1";
    let received = seen.lock().unwrap().clone();
    assert_eq!(received.len(), 1);
    let sorted = |form: &str| {
        let mut pairs: Vec<String> = form.split('&').map(str::to_owned).collect();
        pairs.sort();
        pairs
    };
    assert_eq!((received[0].0.as_str(), received[0].1.as_str()), ("/token", ""), "no Authorization header");
    assert_eq!(sorted(&received[0].2), sorted(expected));
    let endpoint = format!("{server}/token").replace(':', "%3A").replace('/', "%2F");
    let question = ("/".to_owned(), "Bearer for-this-machine".to_owned(), format!("endpoint={endpoint}"));
    assert_eq!(*asked.lock().unwrap(), [question]);
}

#[tokio::test]
async fn u17_the_guard_refuses_a_request_before_the_authenticator_is_asked() {
    let (server, seen) = server().await;
    let (url, asked) = authenticator(r#"{"parameters":{"client_assertion":"a.b.c"}}"#).await;
    for (headers, form) in [
        (vec![("Origin", "https://evil.example")], "grant_type=refresh_token&refresh_token=r"),
        (
            vec![("Origin", "https://app.example"), ("Sec-Fetch-Site", "cross-site")],
            "grant_type=refresh_token&refresh_token=r",
        ),
        (vec![("Origin", "https://app.example")], "grant_type=client_credentials&scope=system/*.rs"),
        (vec![("Origin", "https://app.example")], "grant_type=refresh_token&refresh_token=r&refresh_token=s"),
    ] {
        let (status, _) = post_with(proxy_with(&server, url.clone()), &headers, form).await;
        assert!(status.is_client_error(), "{form}: {status}");
    }
    assert!(asked.lock().unwrap().is_empty() && seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn u17_without_an_assertion_nothing_is_sent() {
    let (server, seen) = server().await;
    for answer in
        ["", "{}", r#"{"parameters":{}}"#, r#"{"parameters":{"client_assertion":"a.b.c","scope":"system/*.rs"}}"#]
    {
        let (url, _) = authenticator(answer).await;
        let (status, _) = post(proxy_with(&server, url), APP, "grant_type=refresh_token&refresh_token=r").await;
        assert_eq!(status, StatusCode::BAD_GATEWAY, "{answer}");
    }
    let gone = proxy_with(&server, "http://127.0.0.1:1/".to_owned());
    assert_eq!(post(gone, APP, "grant_type=refresh_token&refresh_token=r").await.0, StatusCode::BAD_GATEWAY);
    assert!(seen.lock().unwrap().is_empty());
}
