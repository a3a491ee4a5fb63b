//! Generated inputs that several properties share.

use proptest::prelude::*;
use serde_json::{Map, Value};

/// The number of inputs for a property. A counterexample is printed, not stored in a file.
pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any string, also with quotation marks and control characters.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,24}", "[ -~]{0,24}", "[\\x00-\\x20\"'\\\\<>&%+é\u{2028}]{0,8}"]
}

/// Any JSON value, a few levels deep.
pub fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<i32>().prop_map(|halves| Value::from(f64::from(halves) / 2.0)),
        text().prop_map(Value::from),
        address().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// An object with some of these members, each with one of the given values or with any JSON value.
pub fn object(names: &'static [&'static str], likely: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let likely = prop::sample::select(likely).prop_map(|json| serde_json::from_str(json).expect("a JSON text"));
    let value = prop_oneof![2 => likely, 1 => json()];
    let member = (prop::sample::select(names).prop_map(str::to_owned), value);
    let members = prop::collection::vec(member, 0..names.len() + 2);
    members.prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

/// A URL, or a string that resembles one.
pub fn address() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(&["https://", "http://", "HTTPS://", "https:", "//", "ftp://", ""][..]);
    let authority = prop_oneof![
        4 => prop::sample::select(HOSTS).prop_map(str::to_owned),
        1 => ipv6(),
        1 => "[a-zA-Z0-9._-]{0,12}",
    ];
    let port = prop::sample::select(&["", "", "", ":", ":443", ":80", ":0443", ":8443", ":65536", ":+1"][..]);
    (scheme, authority, port, reference())
        .prop_map(|(scheme, authority, port, reference)| [scheme, &authority, port, &reference].concat())
}

/// The part after a host: a path, a query, a fragment, or a string that resembles them.
pub fn reference() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[!-~]",
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

fn ipv6() -> impl Strategy<Value = String> {
    let group = prop_oneof![3 => Just("0"), 1 => Just("1"), 1 => Just("a0"), 1 => Just("00"), 1 => Just("ABCD")];
    let shortened = prop::collection::vec(prop_oneof![3 => group, 1 => Just("")], 0..10);
    let address = prop_oneof![
        1 => shortened.prop_map(|groups| groups.join(":")),
        3 => prop::array::uniform8(prop_oneof![Just(0_u16), Just(0), Just(7), any::<u16>()])
            .prop_map(|groups| std::net::Ipv6Addr::from(groups).to_string()),
    ];
    address.prop_map(|address| ["[", &address, "]"].concat())
}

const HOSTS: &[&str] = &[
    "ehr.example",
    "EHR.example",
    "ehr.example.",
    "localhost",
    "127.0.0.1",
    "127.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "1.2.3.4.",
    "4294967295",
    "a.0x1",
    "a.1",
    "xn--mnchen-3ya.example",
    "xn--a",
    "a_b-.example",
    "a..b",
    "user@ehr.example",
    "[::1]",
    "ehr\u{ff0e}example",
    "ehr\u{ad}.example",
    "",
];

const PIECES: &[&str] = &[
    "/", "/", "/", "a", "fhir", "Patient", "1", ".", "..", "%2e", "%2E.", "%2f", "%5c", "%00", "%20", "%c3%a9", "%",
    "%4", "\\", "?", "?", "#", "&", "=", "a=b", "'", "\"", "<", "|", "^", "`", "{", ":", ";", "@", "\t", "\n", " ",
    "é", "\u{ff0e}", "//", "https://", "page=2",
];
