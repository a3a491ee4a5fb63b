use super::server::*;
use crate::client::session::{IntrospectAs, Revocation, Session};
use crate::error::{Error, Failure};
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::client_assertion::{ClientKey, PrivateKeyJwt};
use crate::protocol::client_auth::{AuthenticationCallback, BasicEncoding, ClientAuthentication, ClientCredential};
use crate::protocol::encoding::base64url_decode;
use crate::protocol::http::Request;
use crate::protocol::jwk::Algorithm;
use crate::protocol::secret::ClientSecret;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::rc::Rc;

#[test]
fn k2_a_secret_in_a_page_is_a_finding_and_authenticates_the_exchange() {
    let secret = || ClientSecret::new("s&cret");
    for (authentication, body, header) in [
        (ClientAuthentication::ClientSecretPost(secret()), Some("s&cret"), None),
        (
            ClientAuthentication::ClientSecretBasic(secret(), BasicEncoding::Form),
            None,
            // base64 of "app:s%26cret"
            Some("Basic YXBwOnMlMjZjcmV0"),
        ),
    ] {
        let server = Server::new();
        let world = server.world();
        let tab = world.tab("https://app.example/");
        let mut record = record();
        record.authentication = authentication;
        let app = app_with(&tab, record);
        let findings = app.findings();
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["secret_in_browser"]);
        assert!(!findings[0].message.contains("cret&") && !findings[0].message.contains("s&"));
        launch(&world, &app).unwrap();
        tab.visit(&redirect(&server, &tab));
        resume(&world, &app).unwrap().unwrap();
        let request = &token_requests(&world)[0];
        assert_eq!(field(request, "client_secret").as_deref(), body);
        assert_eq!(request.authorization(), header);
    }
}

#[test]
fn k2_a_public_client_is_not_a_finding() {
    let world = Server::new().world();
    assert!(app(&world.tab("https://app.example/")).findings().is_empty());
}

/// A session of a client that authenticates in this way, on a server with these additional members in its configuration.
fn signed_in(
    authentication: impl Fn(&MemoryPlatform) -> ClientAuthentication,
    members: &Value,
) -> (Rc<Server>, World, Session<MemoryPlatform>) {
    let (server, world, tab) = stage();
    for (name, value) in members.as_object().unwrap() {
        server.configuration.borrow_mut()[name] = value.clone();
    }
    let mut record = record();
    record.authentication = authentication(&tab);
    let app = app_with(&tab, record);
    launch(&world, &app).unwrap();
    tab.visit(&redirect(&server, &tab));
    let session = resume(&world, &app).unwrap().unwrap();
    (server, world, session)
}

fn with_key(algorithms: &'static [Algorithm]) -> impl Fn(&MemoryPlatform) -> ClientAuthentication {
    |tab| {
        let key = ClientKey::new(tab, algorithms.to_vec());
        PrivateKeyJwt::new(key, Some("key-1".into())).authentication(tab).unwrap()
    }
}

fn refresh(world: &World, session: &Session<MemoryPlatform>) -> Result<(), Failure> {
    let session = session.clone();
    world.run(async move { session.refresh().await }).unwrap()
}

fn sign_out(world: &World, session: &Session<MemoryPlatform>) -> Revocation {
    let session = session.clone();
    world.run(async move { session.sign_out().await }).unwrap().unwrap()
}

/// Header and claims of the assertion in a form.
fn assertion(request: &Request) -> (Value, Value) {
    let assertion = field(request, "client_assertion").unwrap();
    let part = |index| {
        let part = assertion.split('.').nth(index).unwrap();
        serde_json::from_slice(&base64url_decode(part).unwrap()).unwrap()
    };
    (part(0), part(1))
}

#[test]
fn k3_every_attempt_has_its_own_assertion_for_its_url() {
    let (server, world, session) = signed_in(
        with_key(&[Algorithm::RS256, Algorithm::RS384]),
        &json!({"token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS256"]}),
    );
    server.token_replies.borrow_mut().push_back(Reply::text(503, "busy"));
    assert!(refresh(&world, &session).is_err());
    refresh(&world, &session).unwrap();
    let requests = token_requests(&world);
    assert_eq!(requests.len(), 3);
    let mut unique = Vec::new();
    for request in &requests {
        let (header, claims) = assertion(request);
        assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"}));
        assert_eq!(claims["aud"], "https://ehr.example/token");
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app"), &json!("app")));
        let kind = field(request, "client_assertion_type").unwrap();
        assert_eq!(kind, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert_eq!((field(request, "client_id"), request.authorization()), (None, None));
        unique.push(claims["jti"].as_str().unwrap().to_owned());
    }
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 3, "{unique:?}");
}

#[test]
fn k3_no_assertion_is_sent_to_another_origin_than_the_token_endpoints() {
    let (_, world, session) = signed_in(
        with_key(&[Algorithm::ES384]),
        &json!({"revocation_endpoint": "https://other.example/revoke", "introspection_endpoint": "https://other.example/introspect"}),
    );
    let asking = session.clone();
    let outcome = world.run(async move {
        asking.introspect(IntrospectAs::Client, &crate::abort::AbortSignal::never()).await.map(|_| ())
    });
    assert_eq!(outcome.unwrap().unwrap_err().code(), "client_authentication_failed");
    let Revocation::Failed(failure) = sign_out(&world, &session) else { panic!("it was sent") };
    assert_eq!(failure.code(), "client_authentication_failed");
    assert!(world.requests().iter().all(|request| request.url.host() == "ehr.example"));
}

#[test]
fn k6_code_refresh_introspection_and_revocation_are_authenticated_alike() {
    let endpoints = json!({
        "revocation_endpoint": "https://ehr.example/revoke", "introspection_endpoint": "https://ehr.example/introspect",
    });
    type Way = Box<dyn Fn(&MemoryPlatform) -> ClientAuthentication>;
    type HasProof = fn(&Request) -> bool;
    let secret = || ClientSecret::new("s");
    let ways: [(Way, HasProof); 4] = [
        (Box::new(|_| ClientAuthentication::None), |request| field(request, "client_id").as_deref() == Some("app")),
        (Box::new(move |_| ClientAuthentication::ClientSecretPost(secret())), |request| {
            field(request, "client_secret").as_deref() == Some("s")
        }),
        (Box::new(move |_| ClientAuthentication::ClientSecretBasic(secret(), BasicEncoding::Form)), |request| {
            request.authorization() == Some("Basic YXBwOnM=")
        }),
        (Box::new(with_key(&[Algorithm::ES384])), |request| assertion(request).1["aud"] == request.url.as_str()),
    ];
    for (way, has_proof) in ways {
        let (_, world, session) = signed_in(way, &endpoints);
        refresh(&world, &session).unwrap();
        let asking = session.clone();
        let outcome = world.run(async move {
            asking.introspect(IntrospectAs::Client, &crate::abort::AbortSignal::never()).await.map(|_| ())
        });
        outcome.unwrap().unwrap();
        assert_eq!(sign_out(&world, &session), Revocation::Revoked);
        let posts = token_requests(&world);
        let paths: Vec<_> = posts.iter().map(|request| request.url.path()).collect();
        assert_eq!(paths, ["/token", "/token", "/introspect", "/revoke", "/revoke"]);
        assert!(posts.iter().all(has_proof), "{posts:?}");
    }
}

#[test]
fn k5_the_apps_own_callback_authenticates_every_request() {
    let outcome = Rc::new(RefCell::new(Vec::new()));
    let seen = outcome.clone();
    let callback = move |_: &MemoryPlatform| {
        let seen = seen.clone();
        ClientAuthentication::Callback(AuthenticationCallback::new(move |request| {
            seen.borrow_mut().push((request.endpoint.to_string(), request.client_id));
            let number = seen.borrow().len().to_string();
            let parameters = vec![("client_assertion".to_owned(), number)];
            Box::pin(async { Ok(ClientCredential { parameters, authorization: Some("Own proof".into()) }) })
        }))
    };
    let (_, world, session) = signed_in(callback, &json!({}));
    refresh(&world, &session).unwrap();
    let request = ("https://ehr.example/token".to_owned(), "app".to_owned());
    assert_eq!(*outcome.borrow(), [request.clone(), request]);
    for (index, request) in token_requests(&world).iter().enumerate() {
        assert_eq!(field(request, "client_assertion"), Some((index + 1).to_string()));
        assert_eq!(request.authorization(), Some("Own proof"));
        assert!(!format!("{request:?}").contains("proof"));
    }
}

#[test]
fn k5_a_callback_that_fails_sends_nothing_and_the_session_stays() {
    let fails = Rc::new(std::cell::Cell::new(false));
    let failing = fails.clone();
    let callback = move |_: &MemoryPlatform| {
        let failing = failing.clone();
        ClientAuthentication::Callback(AuthenticationCallback::new(move |request| {
            let outcome = match failing.get() {
                true => Err(Error::ClientAuthentication { problem: "no".into() }.into()),
                false => Ok(ClientCredential::public(&request.client_id)),
            };
            Box::pin(async { outcome })
        }))
    };
    let (_, world, session) = signed_in(callback, &json!({}));
    fails.set(true);
    assert_eq!(refresh(&world, &session).unwrap_err().code(), "client_authentication_failed");
    assert_eq!(token_requests(&world).len(), 1);
    assert!(session.is_active());
}

#[test]
fn k5_a_token_proxy_receives_token_and_revocation_requests() {
    let (server, world, tab) = stage();
    server.configuration.borrow_mut()["revocation_endpoint"] = json!("https://ehr.example/revoke");
    let answering = server.clone();
    world.respond_with(move |request| answering.respond(&behind_the_proxy(request)));
    let mut record = record();
    record.token_proxy = Some("/token-proxy".into());
    let app = app_with(&tab, record);
    launch(&world, &app).unwrap();
    tab.visit(&redirect(&server, &tab));
    let session = resume(&world, &app).unwrap().unwrap();
    refresh(&world, &session).unwrap();
    assert_eq!(sign_out(&world, &session), Revocation::Revoked);
    let posts = token_requests(&world);
    let urls: Vec<_> = posts.iter().map(|request| request.url.as_str()).collect();
    assert_eq!(urls, ["https://app.example/token-proxy"; 4]);
    assert!(posts.iter().all(|request| field(request, "client_id").as_deref() == Some("app")));
    assert!(posts.iter().all(|request| request.authorization().is_none()));
}

/// The request that the proxy sends for a request.
fn behind_the_proxy(request: &Request) -> Request {
    if request.url.path() != "/token-proxy" {
        return request.clone();
    }
    let endpoint = if field(request, "grant_type").is_some() { "token" } else { "revoke" };
    let mut passed_on = request.clone();
    passed_on.url = request.url.join(&format!("https://ehr.example/{endpoint}")).unwrap();
    passed_on
}

#[test]
fn k2_a_diagnosis_after_invalid_client_suggests_the_other_encoding() {
    let (server, world, tab) = stage();
    let mut record = record();
    record.authentication = ClientAuthentication::ClientSecretBasic(ClientSecret::new("s"), BasicEncoding::Form);
    let app = app_with(&tab, record);
    let diagnose = || {
        let app = app.clone();
        let findings = world.run(async move { app.diagnose(None).await }).unwrap().unwrap();
        findings.into_iter().filter(|finding| finding.code == "invalid_client").collect::<Vec<_>>()
    };
    assert_eq!(diagnose(), []);
    launch(&world, &app).unwrap();
    tab.visit(&redirect(&server, &tab));
    server.token_replies.borrow_mut().push_back(Reply::json(401, &json!({"error": "invalid_client"})));
    assert_eq!(resume(&world, &app).err().unwrap().code(), "invalid_client");
    let [finding] = diagnose().try_into().unwrap();
    assert!(finding.message.contains("basicEncoding \"raw\""), "{}", finding.message);
}
