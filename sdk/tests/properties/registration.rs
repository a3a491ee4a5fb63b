//! Responses about registrations and users, and the texts for people who register an app by hand.

use proptest::prelude::*;
use serde_json::Value;
use smartrust::platform::Body;
use smartrust::protocol::client_metadata::{ClientKeys, ClientMetadata, TokenEndpointAuthMethod};
use smartrust::protocol::login_trust::LoginTrust;
use smartrust::protocol::registration::{RegisteredClient, read_registration};
use smartrust::protocol::url::Url;
use smartrust::protocol::user_info::read_user_info;

use crate::generated::{address, cases, json, object, text};

const MEMBERS: &[&str] = &[
    "client_id",
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
    "redirect_uris",
    "grant_types",
    "scope",
    "token_endpoint_auth_method",
    "jwks",
    "jwks_uri",
    "error",
    "error_description",
];
const VALUES: &[&str] = &[
    r#""hidden-text""#,
    r#""private_key_jwt""#,
    r#""https://ehr.example/register/1""#,
    r#""https://evil.example/register/1""#,
    r#"["https://app.example/code", 1]"#,
    r#"{"keys": [{"kty": "RSA", "d": "AQAB"}]}"#,
    "0",
    "1700000000",
    "-1",
];

fn endpoint() -> Url {
    Url::parse("https://ehr.example/register").unwrap()
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![4 => Just(201), 1 => any::<u16>(), 1 => 199_u16..501]
}

fn metadata() -> impl Strategy<Value = ClientMetadata> {
    let method =
        prop::sample::select(&["none", "client_secret_basic", "client_secret_post", "private_key_jwt", "x"][..]);
    let keys = prop::option::of(address().prop_map(ClientKeys::Uri));
    (text(), prop::collection::vec(address(), 0..3), text(), method, keys, prop::option::of(text())).prop_map(
        |(client_name, redirect_uris, scope, method, keys, launch_uri)| {
            let mut metadata = ClientMetadata::public(client_name, "", scope)
                .redirect_uris(redirect_uris)
                .token_endpoint_auth_method(TokenEndpointAuthMethod::from_name(method));
            (metadata.keys, metadata.launch_uri) = (keys, launch_uri);
            metadata
        },
    )
}

/// Whether one of this client's requests has its token.
fn travels_to(client: &RegisteredClient) -> Option<String> {
    let request = client.read_request(&endpoint()).ok()?;
    request.authorization().map(|_| request.url.origin().to_owned())
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn g1_g2_an_accepted_client_is_of_a_success_and_prints_no_secret(
        status in status(), answer in prop_oneof![6 => object(MEMBERS, VALUES), 1 => json()],
    ) {
        match read_registration(&endpoint(), status, &Body::Json(answer.clone())) {
            Ok(client) => {
                prop_assert!((200..300).contains(&status));
                prop_assert_eq!(answer["client_id"].as_str(), Some(&*client.client_id));
                prop_assert!(client.client_secret_expires_at.is_none_or(|time| time > 0.0));
                prop_assert!(travels_to(&client).is_none_or(|origin| origin == "https://ehr.example"));
                let secrets = [
                    client.client_secret.as_ref().map(|secret| secret.expose()),
                    client.registration_access_token.as_ref().map(|token| token.expose()),
                ];
                let anonymous = RegisteredClient { client_id: String::new(), metadata: ClientMetadata::public("", "", ""), registration_client_uri: None, ..client.clone() };
                let printed = format!("{anonymous:?}");
                prop_assert!(secrets.iter().flatten().all(|secret| secret.len() < 6 || !printed.contains(*secret)));
            }
            Err(failure) => prop_assert!(!failure.message().is_empty()),
        }
    }

    #[test]
    fn g2_a_page_is_never_a_registration(status in any::<u16>(), page in text()) {
        prop_assert!(read_registration::<Value>(&endpoint(), status, &Body::Text(page)).is_err());
        prop_assert!(read_registration::<Value>(&endpoint(), status, &Body::Empty).is_err());
    }

    #[test]
    fn g1_metadata_is_read_back(metadata in metadata()) {
        let written: Value = serde_json::from_str(&metadata.to_json()).unwrap();
        let read = ClientMetadata::read(&written);
        prop_assert_eq!(&read, &metadata);
        prop_assert!(metadata.changes(&read).is_empty());
    }

    #[test]
    fn g3_no_string_ends_its_literal_and_no_line_its_field(client_id in text(), metadata in metadata()) {
        let Ok(trust) = LoginTrust::new(&client_id, &metadata, None) else { return Ok(()) };
        let fields = 5 + metadata.redirect_uris.unwrap_or_default().len() + 1;
        prop_assert_eq!(trust.text().lines().count(), fields, "{}", trust.text());
        // Without its literals, the statement is the same for all values.
        for backslash_escapes in [true, false] {
            let bare = without_literals(&trust.sql(), backslash_escapes);
            let plain = LoginTrust {
                domain: "d".into(),
                description: "d".into(),
                launch_uri: trust.launch_uri.as_ref().map(|_| "l".into()),
                redirect_uris: trust.redirect_uris.iter().map(|_| "r".into()).collect(),
                ..trust.clone()
            };
            prop_assert_eq!(bare, without_literals(&plain.sql(), backslash_escapes));
        }
    }

    #[test]
    fn i11_only_the_id_tokens_user_is_accepted(status in status(), subject in text(), answer in object(&["sub", "name", "error"], &[r#""u1""#, "1"])) {
        for subject in [subject.as_str(), "u1"] {
            if let Ok(read) = read_user_info(status, &Body::Json(answer.clone()), subject) {
                prop_assert!((200..300).contains(&status));
                prop_assert_eq!(answer["sub"].as_str(), Some(subject));
                prop_assert_eq!(read.subject, subject);
            }
        }
    }
}

/// A statement without its string literals, as a database parses it.
fn without_literals(sql: &str, backslash_escapes: bool) -> String {
    let mut bare = String::new();
    let mut characters = sql.chars().filter(|character| *character != '\r').peekable();
    while let Some(character) = characters.next() {
        if character != '\'' {
            bare.push(character);
            continue;
        }
        loop {
            match characters.next() {
                Some('\\') if backslash_escapes => {
                    characters.next();
                }
                Some('\'') if characters.peek() == Some(&'\'') => {
                    characters.next();
                }
                Some('\'') | None => break,
                Some(_) => {}
            }
        }
    }
    bare
}
