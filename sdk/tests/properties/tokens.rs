//! Token responses and the launch context in them.

use proptest::prelude::*;
use serde_json::Value;
use smartrust::platform::Body;
use smartrust::protocol::context::LaunchContext;
use smartrust::protocol::introspection::read_introspection;
use smartrust::protocol::token::read_token_response;

use crate::generated::{cases, json, object, text};

const MEMBERS: &[&str] = &[
    "access_token",
    "access_token",
    "token_type",
    "token_type",
    "expires_in",
    "scope",
    "refresh_token",
    "id_token",
    "patient",
    "encounter",
    "fhirContext",
    "need_patient_banner",
    "intent",
    "tenant",
    "smart_style_url",
    "authorization_details",
    "error",
    "error_description",
    "own",
];
const VALUES: &[&str] = &[
    r#""hidden-token""#,
    r#""Bearer""#,
    r#""bEARER""#,
    r#""mac""#,
    "3600",
    "-1",
    r#""3600""#,
    r#""soon""#,
    "false",
    r#""""#,
    r#""invalid_grant""#,
    r#"[{"reference": "Encounter/1", "role": 1}]"#,
    r#"[{"type": "smart_on_fhir", "locations": ["https://a.example", 1]}]"#,
];

fn answer() -> impl Strategy<Value = Value> {
    prop_oneof![6 => object(MEMBERS, VALUES), 1 => json()]
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![4 => Just(200), 1 => any::<u16>(), 1 => 199_u16..501]
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn t1_t2_t5_t6_an_accepted_token_is_a_bearer_token_from_a_success(status in status(), answer in answer()) {
        if let Ok(read) = read_token_response(status, &Body::Json(answer.clone())) {
            prop_assert!((200..300).contains(&status));
            prop_assert_eq!(answer["access_token"].as_str(), Some(read.access_token.expose()));
            prop_assert!(!read.access_token.expose().is_empty());
            prop_assert!(answer["token_type"].as_str().unwrap().eq_ignore_ascii_case("bearer"));
            prop_assert!(read.expires_in.is_none_or(|seconds| seconds.is_finite() && seconds >= 0.0));
            prop_assert!(answer.get("error").is_none_or(|error| !error.is_string()));
        }
    }

    #[test]
    fn g4_an_introspection_says_whether_the_token_is_active_or_is_an_error(
        status in status(), answer in object(&["active", "error", "scope"], &["true", "false", r#""invalid_token""#]), text in text(),
    ) {
        if let Ok(read) = read_introspection(status, &Body::Json(answer.clone())) {
            prop_assert!((200..300).contains(&status));
            prop_assert_eq!(answer["active"].as_bool(), Some(read.active));
            prop_assert_eq!(read.members, answer);
        }
        prop_assert!(read_introspection::<Value>(status, &Body::Text(text)).is_err());
    }

    #[test]
    fn t5_a_response_that_is_not_json_is_an_error(status in status(), text in text()) {
        prop_assert!(read_token_response::<Value>(status, &Body::Text(text)).is_err());
        prop_assert!(read_token_response::<Value>(status, &Body::Empty).is_err());
    }

    #[test]
    fn t7_the_context_is_read_back_and_its_members_are_unchanged(answer in answer()) {
        let context = LaunchContext::read(&answer);
        let kept: Value = serde_json::from_str(&context.to_json()).unwrap();
        prop_assert_eq!(LaunchContext::read(&kept), context);
        let mut expected = answer.as_object().cloned().unwrap_or_default();
        expected.retain(|name, value| !["access_token", "refresh_token", "id_token"].contains(&name.as_str()) && !value.is_null());
        prop_assert_eq!(kept, Value::Object(expected));
    }

    #[test]
    fn s3_no_response_prints_its_tokens(
        mut answer in object(&["scope", "expires_in", "token_type", "patient"], &[r#""Bearer""#, "60"]), status in status(),
    ) {
        for name in ["access_token", "refresh_token", "id_token"] {
            answer[name] = ["hidden-", name].concat().into();
        }
        let printed = format!("{:?}", read_token_response(status, &Body::Json(answer)));
        prop_assert!(!printed.contains("hidden-"), "{printed}");
    }
}
