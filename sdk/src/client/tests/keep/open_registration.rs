//! A server that registers every client, such as WebChart: the client is registered before the launch, and its refresh token is bound
//! to its key.

use super::*;
use crate::client::keep::Deletion;
use crate::client::server::NamedEndpoints;
use crate::client::session::Revocation;
use crate::client::tests::server::{location, parameters, value};

fn stage() -> (Rc<Keeper>, World, MemoryPlatform) {
    let keeper = Keeper::new(true);
    let world = keeper.world();
    let tab = world.tab("https://app.example/");
    (keeper, world, tab)
}

/// ID tokens are for the client that was registered.
fn kept_here(keeper: &Keeper, world: &World, tab: &MemoryPlatform) -> (App, Session<MemoryPlatform>) {
    *keeper.server.claims.borrow_mut() = json!({"aud": format!("own-{}", keeper.clients.get() + 1)});
    *keeper.registered.borrow_mut() = json!({
        "registration_access_token": "manage-own", "registration_client_uri": "https://ehr.example/register/own",
    });
    kept(keeper, world, tab)
}

#[test]
fn n1_where_every_client_is_registered_that_comes_first_and_the_launch_is_of_the_new_client() {
    let (_, world, tab) = stage();
    let app = app_with(&tab, record().open_registration(true));
    launch(&world, &app, LaunchOptions::default().keep(Keep::default().client_name("My app"))).unwrap();
    let registrations = sent_to(&world, "/register");
    assert_eq!((registrations.len(), registrations[0].authorization()), (1, None));
    let body: Value = serde_json::from_str(registrations[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(body["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(body["client_name"], "My app");
    assert_eq!(body["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(body["redirect_uris"], json!([server::REDIRECT]));
    assert!(body["jwks"]["keys"][0].get("d").is_none());
    let request = parameters(&location(&tab));
    assert_eq!(value(&request, "client_id").as_deref(), Some("own-1"));
    assert!(!value(&request, "scope").unwrap().contains(REGISTRATION_SCOPE));
    // It is no connection before the user has come back.
    assert!(connections(&world, &app).is_empty());
}

#[test]
fn n1_endpoints_of_the_configuration_stay_those_of_the_connection() {
    let (keeper, world, tab) = stage();
    *keeper.server.claims.borrow_mut() = json!({"aud": "own-1"});
    keeper.server.configuration.borrow_mut()["token_endpoint"] = json!("https://ehr.example/wrong");
    let endpoints = NamedEndpoints::of("https://ehr.example/authorize", "https://ehr.example/token");
    let app =
        app_with(&tab, record().open_registration(true).endpoints(endpoints.jwks_uri("https://ehr.example/jwks")));
    let session = come_back(&keeper, &world, &tab, &app, SCOPE);
    assert!(session.is_kept(), "{:?}", session.not_kept());
    world.advance(3700.0);
    read(&world, &session).unwrap();
    assert!(sent_to(&world, "/wrong").is_empty() && key_requests(&world).len() == 1);
}

#[test]
fn n1_a_registration_that_is_refused_is_an_error_before_the_redirect() {
    let (keeper, world, tab) = stage();
    keeper.registrations.borrow_mut().push_back(Reply::text(200, "<html>Log in</html>"));
    let app = app_with(&tab, record().open_registration(true));
    assert_eq!(launch(&world, &app, keep()).unwrap_err().code(), "registration_off");
    assert_eq!(location(&tab), "https://app.example/");
    assert!(world.keys_on_device().is_empty() && world.stored_on_device().is_empty());
}

#[test]
fn n8_every_token_request_of_the_new_client_proves_its_key() {
    let (keeper, world, tab) = stage();
    let (_, session) = kept_here(&keeper, &world, &tab);
    world.advance(3700.0);
    read(&world, &session).unwrap();
    let requests = sent_to(&world, "/token");
    let grants: Vec<_> = requests.iter().map(|request| field(request, "grant_type").unwrap()).collect();
    assert_eq!(grants, ["authorization_code", "refresh_token"]);
    for request in &requests {
        assert!(field(request, "client_assertion").is_some() && field(request, "client_secret").is_none());
    }
    assert_eq!(field(&requests[1], "refresh_token").as_deref(), Some("refresh-1"));
}

#[test]
fn n10_the_refresh_token_is_in_no_storage_though_it_opens_the_connection_a_day_later() {
    let (keeper, world, tab) = stage();
    kept_here(&keeper, &world, &tab);
    for secret in ["refresh-1", "manage-own", "p1"] {
        assert!(!dump(&world, &[]).contains(secret), "{secret}");
    }
    assert!(!dump(&world, &[&tab]).contains("refresh-1"));
    let (tab, app) = next_day(&world, &keeper);
    let sent = world.requests().len();
    let session = open(&world, &app, &connections(&world, &app)[0]).unwrap();
    assert_eq!(world.requests().len(), sent + 1);
    assert_eq!(session.patient().as_deref(), Some("p1"));
    // The rotated one, too.
    assert!(!dump(&world, &[&tab]).contains("own-refresh-1"));
    let (_, app) = next_day(&world, &keeper);
    open(&world, &app, &connections(&world, &app)[0]).unwrap();
    let sent: Vec<_> = key_requests(&world).iter().map(|request| field(request, "refresh_token").unwrap()).collect();
    assert_eq!(sent, ["refresh-1", "own-refresh-1"]);
}

#[test]
fn n2_without_a_refresh_token_the_session_is_not_kept_and_says_why() {
    let (keeper, world, tab) = stage();
    *keeper.server.claims.borrow_mut() = json!({"aud": "own-1"});
    let app = app_with(&tab, record().open_registration(true));
    launch(&world, &app, keep()).unwrap();
    tab.visit(&redirect(&keeper.server, &tab));
    let mut response = server::token_response(1);
    response.as_object_mut().unwrap().remove("refresh_token");
    keeper.server.token_replies.borrow_mut().push_back(Reply::json(200, &response));
    let session = resume(&world, &app).unwrap().unwrap();
    assert_eq!(session.not_kept().unwrap().code, "no_refresh_token");
    read(&world, &session).unwrap();
    assert!(connections(&world, &app).is_empty());
    // What was prepared for it is removed later.
    world.advance(3601.0);
    assert!(connections(&world, &app).is_empty() && world.keys_on_device().is_empty());
}

#[test]
fn n14_the_refresh_token_is_revoked_and_the_client_deleted() {
    let (keeper, world, tab) = stage();
    kept_here(&keeper, &world, &tab);
    let (_, app) = next_day(&world, &keeper);
    world.set_messages_delivered(false);
    let connection = connections(&world, &app)[0].clone();
    let removing = app.clone();
    let outcome = world.run(async move { removing.disconnect(&connection).await }).unwrap().unwrap();
    assert_eq!((outcome.revocation, outcome.deletion), (Revocation::Revoked, Deletion::Deleted));
    let revoked = sent_to(&world, "/revoke");
    assert_eq!(revoked.len(), 1);
    assert_eq!(field(&revoked[0], "token").as_deref(), Some("refresh-1"));
    assert!(field(&revoked[0], "client_assertion").is_some());
    assert!(world.keys_on_device().is_empty() && world.stored_on_device().is_empty());
}
