use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde_json::{Value, json};

use super::support::*;
use crate::abort::AbortSignal;
use crate::client::udap::{CommunityConfig, RevocationCheck, RevocationStatus};
use crate::error::{Error, UdapError};
use crate::memory::Reply;
use crate::protocol::client_assertion::ClientKey;
use crate::protocol::jwk::Algorithm;
use crate::protocol::udap::tests::pki::*;

/// The check that failed at a server that is changed by a function, and the requests that it got.
fn refused(change: impl FnOnce(&Ehr)) -> (&'static str, Vec<String>) {
    let ehr = Ehr::new();
    let world = ehr.world();
    let tab = world.tab("https://app.example/");
    let client = client_of(&world, &tab, config(&ehr, ehr.app_certificate())).unwrap();
    change(&ehr);
    match discover(&world, &client).err().map(Error::from) {
        Some(Error::Udap(UdapError::Untrusted { check, .. })) => (check, lines(&world)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn u3_a_server_that_is_not_trusted_gets_nothing_but_the_request_for_its_metadata() {
    type Change = fn(&Ehr);
    let changes: [(&str, Change); 5] = [
        ("iss", |ehr| *ehr.claims.borrow_mut() = json!({"iss": "https://other.example/fhir"})),
        ("exp", |ehr| *ehr.claims.borrow_mut() = json!({"exp": NOW - 3_600.0})),
        ("signed_metadata", |ehr| *ehr.document.borrow_mut() = json!({"signed_metadata": Value::Null})),
        ("the certificate chain", |ehr| {
            let other = Authority::root("Another community");
            *ehr.header.borrow_mut() = header(&[other.leaf(RsaKey::server(), &[BASE]), other.der()]);
        }),
        ("the signature", |ehr| *ehr.header.borrow_mut() = header(&[ehr.root.leaf(RsaKey::app(), &[BASE])])),
    ];
    for (check, change) in changes {
        assert_eq!(refused(change), (check, vec![METADATA.to_owned()]));
    }
}

#[test]
fn u1_a_server_that_does_not_know_the_community_is_told_apart() {
    let (ehr, world, _, server) = stage();
    let client = server.client();
    ehr.replies.borrow_mut().push_back(Reply { status: 204, ..Reply::default() });
    let failure = discover(&world, client).err().unwrap();
    assert_eq!(failure.code(), "udap_unsupported");
    assert!(failure.message().contains(COMMUNITY), "{failure}");
    let query = world.requests()[0].url.query().map(str::to_owned);
    assert_eq!(query.as_deref(), Some("community=https%3A%2F%2Fcommunity.example"));
    assert_eq!(lines(&world), [METADATA, METADATA], "no other way is tried");
}

#[test]
fn u1_a_community_is_selected_by_its_uri() {
    let (ehr, world, tab, _) = stage();
    let mut config = config(&ehr, ehr.app_certificate());
    let other = CommunityConfig { uri: None, anchors: vec![ehr.root.der()], algorithms: vec![Algorithm::RS256] };
    config.communities.push(other.clone());
    let client = client_of(&world, &tab, config.clone()).unwrap();
    assert!(discover(&world, &client).err().unwrap().message().contains(COMMUNITY), "it lists those that it has");
    let discovered =
        world.run(async move { client.discover(BASE, Some(COMMUNITY), &AbortSignal::never()).await }).unwrap();
    assert_eq!(discovered.unwrap().community(), Some(COMMUNITY));
    config.communities.push(other);
    assert_eq!(client_of(&world, &tab, config.clone()).unwrap_err().code(), "invalid_configuration");
    config.communities.clear();
    assert_eq!(client_of(&world, &tab, config).unwrap_err().code(), "invalid_configuration");
}

#[test]
fn u3_a_base_with_http_to_another_machine_gets_no_request() {
    let (_, world, _, server) = stage();
    let client = server.client().clone();
    let plain = world.run(async move { client.discover("http://ehr.example/fhir", None, &AbortSignal::never()).await });
    assert_eq!(plain.unwrap().err().unwrap().code(), "insecure_url");
    assert_eq!(lines(&world).len(), 1);
}

#[test]
fn u5_revocation_is_checked_by_the_apps_callback_for_every_certificate_below_the_anchor() {
    let ehr = Ehr::new();
    let middle = ehr.root.intermediate("Middle", |_| {});
    *ehr.header.borrow_mut() = header(&[middle.leaf(RsaKey::server(), &[BASE]), middle.der()]);
    let world = ehr.world();
    let tab = world.tab("https://app.example/");
    let asked = Rc::new(RefCell::new(Vec::new()));
    for (status, requires, expected) in [
        (RevocationStatus::Good, true, Ok(0)),
        (RevocationStatus::Unknown, false, Ok(1)),
        (RevocationStatus::Unknown, true, Err("the revocation of certificates")),
        (RevocationStatus::Revoked, false, Err("the revocation of certificates")),
    ] {
        asked.borrow_mut().clear();
        let seen = asked.clone();
        let check = RevocationCheck::new(move |request| {
            seen.borrow_mut()
                .push((read(&request.certificate).unwrap().subject, read(&request.issuer).unwrap().subject));
            Box::pin(async move { status })
        });
        let config = config(&ehr, ehr.app_certificate()).revocation(check).require_revocation_check(requires);
        let found = match discover(&world, &client_of(&world, &tab, config).unwrap()).map_err(Error::from) {
            Ok(server) => {
                Ok(server.findings().iter().filter(|finding| finding.code == "revocation_not_checked").count())
            }
            Err(Error::Udap(UdapError::Untrusted { check, .. })) => Err(check),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, expected, "{status:?}");
        if expected.is_ok() {
            let pair = |subject: &str, issuer: &str| (subject.to_owned(), issuer.to_owned());
            assert_eq!(*asked.borrow(), [pair("CN=leaf", "CN=Middle"), pair("CN=Middle", "CN=Community root")]);
        }
    }
}

#[test]
fn u5_without_a_callback_it_is_a_finding_or_a_wrong_configuration() {
    let (ehr, world, tab, server) = stage();
    let codes: Vec<_> = server.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["revocation_not_checked"]);
    let config = config(&ehr, ehr.app_certificate()).require_revocation_check(true);
    assert_eq!(client_of(&world, &tab, config).unwrap_err().code(), "invalid_configuration");
}

#[test]
fn u15_the_key_is_the_certificates() {
    let (ehr, world, tab, server) = stage();
    assert_eq!(server.client().uri(), APP);
    let sign = |_, data: Vec<u8>| -> crate::platform::LocalFuture<_> {
        Box::pin(async move { Ok(RsaKey::server().sign(&data)) })
    };
    let mut config = config(&ehr, ehr.app_certificate());
    config.key = ClientKey::from_signer(vec![Algorithm::RS256], sign);
    let Error::Configuration(wrong) = client_of(&world, &tab, config).unwrap_err().into() else { panic!() };
    assert_eq!((wrong.member.as_str(), wrong.problem.as_str()), ("key", "it is not the key of the certificate"));
}

#[test]
fn u15_a_certificate_of_another_authority_than_the_communitys_is_a_finding() {
    let (ehr, world, tab, _) = stage();
    let other = Authority::root("Another");
    let client = client_of(&world, &tab, config(&ehr, other.leaf(RsaKey::app(), &[APP]))).unwrap();
    let findings = discover(&world, &client).unwrap().findings();
    assert!(findings.iter().any(|finding| finding.code == "certificate_of_another_community"), "{findings:?}");
}

#[test]
fn u3_u5_a_certificate_that_is_revoked_later_is_noticed_within_a_day() {
    let (ehr, world, tab, _) = stage();
    *ehr.claims.borrow_mut() = json!({"exp": NOW + 300.0 * 86_400.0});
    let is_revoked = Rc::new(Cell::new(false));
    let status = is_revoked.clone();
    let check = RevocationCheck::new(move |_| {
        let status = if status.get() { RevocationStatus::Revoked } else { RevocationStatus::Good };
        Box::pin(async move { status })
    });
    let config = config(&ehr, ehr.app_certificate()).revocation(check);
    let server = discover(&world, &client_of(&world, &tab, config).unwrap()).unwrap();
    is_revoked.set(true);
    let register = |scope: &str| {
        let (server, statement) = (server.clone(), statement().scope(scope));
        world.run(async move { server.register(&statement, &AbortSignal::never()).await }).unwrap()
    };
    world.advance(86_399.0);
    assert!(register("system/Patient.rs").is_ok());
    world.advance(1.0);
    assert_eq!(register("system/*.rs").unwrap_err().code(), "udap_untrusted");
    assert_eq!(lines(&world).last().unwrap(), METADATA);
}
