use serde_json::{Value, json};

use super::support::*;
use crate::abort::AbortSignal;
use crate::client::udap::UdapRegistration;
use crate::error::Failure;
use crate::memory::{MemoryPlatform, Reply, World};
use crate::protocol::encoding::base64;
use crate::protocol::udap::registration::RegistrationChange;
use crate::protocol::udap::software_statement::SoftwareStatement;
use crate::protocol::udap::tests::pki::*;

type Registration = UdapRegistration<MemoryPlatform>;

fn register(world: &World, server: &Server, statement: &SoftwareStatement) -> Result<Registration, Failure> {
    let (server, statement) = (server.clone(), statement.clone());
    world.run(async move { server.register(&statement, &AbortSignal::never()).await }).unwrap()
}

fn posts(world: &World) -> usize {
    lines(world).iter().filter(|line| *line == "POST /register").count()
}

/// The server as an app with another certificate discovers it, with the same store.
fn discovered_with(ehr: &Ehr, world: &World, tab: &MemoryPlatform, certificate: Vec<u8>) -> Server {
    discover(world, &client_of(world, tab, config(ehr, certificate)).unwrap()).unwrap()
}

#[test]
fn u6_the_statement_is_for_the_signed_registration_endpoint_with_the_apps_certificate() {
    let (ehr, world, _, server) = stage();
    register(&world, &server, &statement()).unwrap();
    let (header, claims) = ehr.statements.borrow()[0].clone();
    let own = base64(&server.client().certificate().der);
    assert_eq!(header, json!({"alg": "RS256", "x5c": [own]}));
    assert_eq!((&claims["iss"], &claims["sub"], &claims["aud"]), (&json!(APP), &json!(APP), &json!(REGISTER)));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_700_000_000), &json!(1_700_000_300)));
    let other = statement().scope("system/*.rs");
    register(&world, &server, &other).unwrap();
    let jti = |at: usize| ehr.statements.borrow()[at].1["jti"].as_str().unwrap().to_owned();
    assert!(jti(0).len() > 20 && jti(0) != jti(1), "each has an identifier of its own");
}

#[test]
fn u7_a_registration_is_kept_and_used_again_without_a_request() {
    let (ehr, world, tab, server) = stage();
    let first = register(&world, &server, &statement()).unwrap();
    assert_eq!((first.client_id(), first.change()), ("client-1", Some(RegistrationChange::Registered)));
    let again = register(&world, &server, &statement()).unwrap();
    assert_eq!((again.client_id(), again.change(), posts(&world)), ("client-1", None, 1));
    // After a restart.
    let server = discovered_with(&ehr, &world, &tab, ehr.app_certificate());
    assert_eq!(register(&world, &server, &statement()).unwrap().client_id(), "client-1");
    let kept = world.run(async move { server.registration().await }).unwrap().unwrap();
    assert_eq!(kept.unwrap().metadata().unwrap().scope.as_deref(), Some("system/Patient.rs"));
    assert_eq!(posts(&world), 1);
}

#[test]
fn u7_a_registration_that_cannot_be_kept_or_read_is_an_error_or_made_again() {
    let (_, world, tab, server) = stage();
    register(&world, &server, &statement()).unwrap();
    let key = tab.stored().into_keys().next().unwrap();
    for broken in ["", "{", r#"{"client_id":"","statement":"","metadata":{}}"#, r#"{"client_id":"x"}"#] {
        tab.set_stored(&key, broken);
        let before = posts(&world);
        register(&world, &server, &statement()).unwrap();
        assert_eq!(posts(&world), before + 1, "{broken}");
    }
    tab.set_store_available(false);
    assert_eq!(register(&world, &server, &statement()).unwrap_err().code(), "storage_unavailable");
}

#[test]
fn u9_other_claims_change_the_registration_and_a_new_client_id_replaces_the_old_one() {
    let (ehr, world, _, server) = stage();
    register(&world, &server, &statement()).unwrap();
    *ehr.registered.borrow_mut() = json!({"client_id": "client-1"});
    let changed = register(&world, &server, &statement().client_name("Acme 2")).unwrap();
    assert_eq!((changed.client_id(), changed.change()), ("client-1", Some(RegistrationChange::Modified)));
    *ehr.registered.borrow_mut() = json!({"client_id": "other"});
    let changed = register(&world, &server, &statement()).unwrap();
    assert_eq!((changed.client_id(), changed.change()), ("other", Some(RegistrationChange::Modified)));
    let kept = world.run(async move { server.registration().await }).unwrap().unwrap().unwrap();
    assert_eq!(kept.client_id(), "other");
}

#[test]
fn u9_a_registration_is_cancelled_only_if_the_server_says_so() {
    let (ehr, world, _, server) = stage();
    register(&world, &server, &statement()).unwrap();
    let cancel = || {
        let server = server.clone();
        world.run(async move {
            let change = server.cancel(&statement(), &AbortSignal::never()).await.unwrap();
            (change, server.registration().await.unwrap().is_some())
        })
    };
    *ehr.registered.borrow_mut() = json!({"grant_types": ["client_credentials"]});
    assert_eq!(cancel(), Some((RegistrationChange::Modified, true)));
    *ehr.registered.borrow_mut() = json!({});
    assert_eq!(cancel(), Some((RegistrationChange::Cancelled, false)));
    assert_eq!(ehr.statements.borrow()[2].1["grant_types"], json!([]));
    let empty = statement().grant_types(Vec::new());
    assert_eq!(register(&world, &server, &empty).unwrap_err().code(), "invalid_configuration");
}

#[test]
fn u9_a_server_that_cancels_instead_of_registering_leaves_no_registration() {
    let (ehr, world, tab, server) = stage();
    *ehr.registered.borrow_mut() = json!({"grant_types": []});
    let failure = register(&world, &server, &statement()).unwrap_err();
    assert_eq!(failure.code(), "invalid_registration_response");
    assert!(tab.stored().is_empty());
}

#[test]
fn u10_u6_u11_what_is_wrong_here_is_not_sent() {
    let (ehr, world, tab, _) = stage();
    *ehr.document.borrow_mut() = json!({"udap_certifications_required": ["https://community.example/c"]});
    let server = discovered_with(&ehr, &world, &tab, ehr.app_certificate());
    assert_eq!(register(&world, &server, &statement()).unwrap_err().code(), "certification_required");
    *ehr.document.borrow_mut() = json!({"udap_profiles_supported": ["udap_authn"]});
    let server = discovered_with(&ehr, &world, &tab, ehr.app_certificate());
    assert_eq!(register(&world, &server, &statement()).unwrap_err().code(), "udap_unsupported");
    *ehr.document.borrow_mut() = json!({"scopes_supported": ["system/Patient.rs"]});
    let server = discovered_with(&ehr, &world, &tab, ehr.app_certificate());
    let failure = register(&world, &server, &statement().scope("system/*.rs")).unwrap_err();
    assert_eq!(failure.code(), "invalid_scope");
    *ehr.document.borrow_mut() = json!({"registration_endpoint_jwt_signing_alg_values_supported": ["ES384"]});
    let server = discovered_with(&ehr, &world, &tab, ehr.app_certificate());
    assert_eq!(register(&world, &server, &statement()).unwrap_err().code(), "client_authentication_failed");
    assert_eq!(posts(&world), 0);
}

#[test]
fn u11_what_the_server_registered_differently_is_listed() {
    let (ehr, world, _, server) = stage();
    *ehr.registered.borrow_mut() = json!({"scope": "system/Patient.rs"});
    let registration = register(&world, &server, &statement().scope("system/Patient.rs system/Group.rs")).unwrap();
    let change = &registration.changes()[0];
    assert_eq!((change.member, change.registered.as_deref()), ("scope", Some("system/Patient.rs")));
    assert_eq!(registration.changes().len(), 1);
}

#[test]
fn u16_a_renewed_certificate_keeps_the_registration() {
    let (ehr, world, tab, server) = stage();
    register(&world, &server, &statement()).unwrap();
    let renewed = ehr.root.leaf_with(RsaKey::app(), &[APP], |params| valid(params, NOW - 60.0, NOW + 800.0 * 86_400.0));
    let server = discovered_with(&ehr, &world, &tab, renewed);
    let registration = register(&world, &server, &statement()).unwrap();
    assert_eq!((registration.client_id(), posts(&world)), ("client-1", 1));
}

#[test]
fn u16_another_app_community_or_authority_has_a_registration_of_its_own() {
    let (ehr, world, tab, server) = stage();
    register(&world, &server, &statement()).unwrap();
    let other_app = ehr.root.leaf(RsaKey::app(), &["https://app.example/other"]);
    let server = discovered_with(&ehr, &world, &tab, other_app);
    assert_eq!(register(&world, &server, &statement()).unwrap().client_id(), "client-2");

    let mut config = config(&ehr, ehr.app_certificate());
    config.communities[0].uri = Some("https://other.example".into());
    let server = discover(&world, &client_of(&world, &tab, config.clone()).unwrap()).unwrap();
    assert_eq!(register(&world, &server, &statement()).unwrap().client_id(), "client-3");

    let second = Authority::root("Second root");
    config.communities[0].uri = Some(COMMUNITY.into());
    config.communities[0].anchors.push(second.der());
    config.certificate = vec![second.leaf(RsaKey::app(), &[APP])];
    let server = discover(&world, &client_of(&world, &tab, config).unwrap()).unwrap();
    assert_eq!(register(&world, &server, &statement()).unwrap().client_id(), "client-4");
    assert_eq!(tab.stored().len(), 4);
}

#[test]
fn u20_a_refused_authority_is_named() {
    let (ehr, world, _, server) = stage();
    ehr.replies.borrow_mut().push_back(Reply::json(401, &json!({"error": "unapproved_software_statement"})));
    let failure = register(&world, &server, &statement()).unwrap_err();
    assert_eq!((failure.code(), failure.status()), ("community_refused", Some(401)));
    assert!(failure.message().contains("CN=Community root"), "{failure}");
}

#[test]
fn u8_u19_an_error_repeats_no_statement() {
    let (_, world, _, server) = stage();
    // A server that repeats what it received.
    world.respond_with(|request| {
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        let description = format!("Cannot verify {}", body["software_statement"].as_str().unwrap());
        Reply::json(400, &json!({"error": "invalid_software_statement", "error_description": description}))
    });
    let failure = register(&world, &server, &statement()).unwrap_err();
    assert_eq!(failure.code(), "registration_failed");
    assert!(failure.message().contains("Cannot verify [redacted]"), "{failure}");
}

#[test]
fn u19_nothing_secret_is_kept_or_printed() {
    let (ehr, world, tab, server) = stage();
    let registration = register(&world, &server, &statement()).unwrap();
    let certificate = base64(&server.client().certificate().der);
    let jti = ehr.statements.borrow()[0].1["jti"].as_str().unwrap().to_owned();
    let (_, kept) = tab.stored().into_iter().next().unwrap();
    for absent in [&certificate[100..140], jti.as_str(), "software_statement", "x5c"] {
        assert!(!kept.contains(absent), "{absent} in {kept}");
    }
    let printed = format!("{:?} {server:?} {registration:?}", server.client());
    assert!(printed.contains("client-1") && printed.contains(APP) && printed.len() < 300, "{printed}");
}
