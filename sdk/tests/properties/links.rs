//! Redirects and launch links: the two kinds of URLs with which anybody can open the app.

use proptest::prelude::*;
use smartrust::protocol::callback::{Callback, without_callback};
use smartrust::protocol::encoding::form;
use smartrust::protocol::launch::{LaunchLink, same_issuer};

use crate::generated::{address, cases, reference, text};

const REDIRECT: &[&str] = &["code", "state", "iss", "session_state", "error", "error_description", "error_uri"];

fn location() -> impl Strategy<Value = String> {
    let names = prop::sample::select(
        &["code", "state", "iss", "launch", "error", "c%6Fde", "error_uri", "session_state", "tab", "%", ""][..],
    );
    let pair =
        (names, prop_oneof![reference(), "[a-z0-9%+]{0,6}"]).prop_map(|(name, value)| [name, "=", &value].concat());
    let query =
        prop::collection::vec(pair, 0..6).prop_map(|pairs| ["https://app.example/code?", &pairs.join("&")].concat());
    prop_oneof![5 => query, 1 => address(), 1 => text()]
}

/// The decoded pairs of a location's query, as browsers parse them.
fn pairs(location: &str) -> Vec<(String, String)> {
    let query = location.split('#').next().and_then(|before| before.split_once('?')).map_or("", |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn c8_a_clean_url_has_nothing_of_the_redirect_and_everything_else(location in location()) {
        let clean = without_callback(&location);
        let others: Vec<_> = pairs(&location).into_iter().filter(|(name, _)| !REDIRECT.contains(&name.as_str())).collect();
        prop_assert_eq!(pairs(&clean), others);
        prop_assert_eq!(&without_callback(&clean), &clean);
        prop_assert_eq!(clean.split_once('#').map(|(_, rest)| rest), location.split_once('#').map(|(_, rest)| rest));
    }

    #[test]
    fn c7_the_fragment_is_ignored(location in location(), fragment in text()) {
        let before = location.split('#').next().unwrap();
        let with_fragment = [before, "#", &fragment].concat();
        prop_assert_eq!(Callback::read(&with_fragment), Callback::read(before));
        prop_assert_eq!(LaunchLink::read(&with_fragment), LaunchLink::read(before));
    }

    #[test]
    fn c6_a_redirect_is_read_if_it_has_each_parameter_once(
        code in text(), state in text(), iss in prop::option::of(text()), doubled in prop::sample::select(&["code", "state", "iss"][..]),
    ) {
        let mut sent = vec![("code", code.as_str()), ("tab", "1"), ("state", state.as_str())];
        sent.extend(iss.iter().map(|iss| ("iss", iss.as_str())));
        let location = ["https://app.example/code?", &form(&sent)].concat();
        let read = Callback::read(&location).unwrap().unwrap();
        let outcome = read.outcome.unwrap();
        prop_assert_eq!(outcome.expose(), &code);
        prop_assert_eq!((read.state, read.iss), (Some(state.clone()), iss.clone()));

        sent.extend([(doubled, "again"), (doubled, "again")]);
        let location = ["https://app.example/code?", &form(&sent)].concat();
        prop_assert!(Callback::read(&location).is_err());
    }

    #[test]
    fn c3_an_error_is_read_as_text(error in text(), description in text(), state in text()) {
        let sent = [("error", error.as_str()), ("error_description", &description), ("state", &state)];
        let read = Callback::read(&["https://app.example/code?", &form(&sent)].concat()).unwrap().unwrap();
        let outcome = read.outcome.unwrap_err();
        prop_assert_eq!((outcome.error, outcome.description, read.state), (error, Some(description), Some(state)));
    }

    #[test]
    fn a3_a_launch_link_is_read_byte_for_byte(iss in text(), launch in text(), other in text()) {
        let sent = [("iss", iss.as_str()), ("x", &other), ("launch", &launch)];
        let read = LaunchLink::read(&["https://app.example/launch?", &form(&sent)].concat());
        if iss.is_empty() || launch.is_empty() {
            prop_assert!(read.is_err());
        } else {
            prop_assert_eq!(read, Ok(Some(LaunchLink { iss, launch })));
        }
    }

    #[test]
    fn a_location_is_a_redirect_or_a_launch_link_and_not_both(location in location()) {
        let is_redirect = matches!(Callback::read(&location), Ok(Some(Callback { state: Some(_), .. })));
        prop_assert!(!(is_redirect && matches!(LaunchLink::read(&location), Ok(Some(_)))), "{location}");
    }

    #[test]
    fn a3_issuers_are_the_same_in_either_order(one in address(), other in address()) {
        prop_assert!(same_issuer(&one, &one));
        prop_assert!(one.ends_with('/') || same_issuer(&one, &[&one, "/"].concat()));
        prop_assert_eq!(same_issuer(&one, &other), same_issuer(&other, &one));
    }
}
