//! URLs, compared with the `url` crate, which parses them as browsers do.

use proptest::prelude::*;
use smartrust::protocol::guard::Guard;
use smartrust::protocol::http::Request;
use smartrust::protocol::secret::AccessToken;
use smartrust::protocol::url::Url;

use crate::generated::{address, cases, reference, text};

/// The URL as a browser fetches it, or `None` if a browser refuses it.
fn in_a_browser(address: &str) -> Option<String> {
    let mut read = url::Url::parse(address).ok()?;
    read.set_fragment(None);
    Some(read.into())
}

/// Whether a label claims to be internationalized. Whether it is valid can only be decided with tables that are too large for a page.
fn may_be_internationalized(url: &Url) -> bool {
    url.host().split('.').any(|label| label.starts_with("xn--"))
}

fn is_fetched_as_it_prints(url: &Url) -> bool {
    match in_a_browser(url.as_str()) {
        Some(fetched) => fetched == url.as_str(),
        None => may_be_internationalized(url),
    }
}

fn bases() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "https://ehr.example/practice/fhir",
            "https://ehr.example/practice/fhir/",
            "http://localhost:8080/r4?tenant=1",
            "https://[::1]:9443",
        ][..],
    )
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn f1_an_accepted_url_is_the_one_that_a_browser_fetches(text in prop_oneof![9 => address(), 1 => text()]) {
        if let Ok(url) = Url::parse(&text) {
            let fetched = in_a_browser(&text);
            prop_assert!(fetched.as_deref().map_or(may_be_internationalized(&url), |fetched| fetched == url.as_str()), "{url} {fetched:?}");
            let read_again = Url::parse(url.as_str());
            prop_assert_eq!(read_again, Ok(url.clone()));
            let query = url.query().map(|query| ["?", query].concat()).unwrap_or_default();
            prop_assert_eq!([url.origin(), url.path(), &query].concat(), url.as_str());
        }
    }

    #[test]
    fn f1_a_joined_url_is_the_one_that_a_browser_joins(base in bases(), reference in prop_oneof![reference(), address()]) {
        if let Ok(joined) = Url::parse(base).unwrap().join(&reference) {
            let mut expected = url::Url::parse(base).unwrap().join(&reference);
            if let Ok(expected) = &mut expected {
                expected.set_fragment(None);
            }
            let same = expected.as_ref().map_or(may_be_internationalized(&joined), |expected| expected.as_str() == joined.as_str());
            prop_assert!(same, "{joined} {expected:?}");
        }
    }

    #[test]
    fn f1_a_token_stays_below_the_base_as_a_browser_parses_it(base in bases(), reference in prop_oneof![3 => reference(), 1 => address()]) {
        let base_url = Url::parse(base).unwrap();
        let Ok(target) = base_url.child("").unwrap().join(&reference) else { return Ok(()) };
        let mut request = Request::get(target, "application/fhir+json");
        let admitted = Guard::new(base_url).authorize(&mut request, &AccessToken::new("t")).is_ok();
        prop_assert_eq!(request.authorization().is_some(), admitted);
        if admitted {
            let (base, fetched) = (url::Url::parse(base).unwrap(), url::Url::parse(request.url.as_str()).unwrap());
            prop_assert_eq!(fetched.origin(), base.origin());
            let folder = [base.path().trim_end_matches('/'), "/"].concat();
            prop_assert!([fetched.path(), "/"].concat().starts_with(&folder), "{fetched}");
        }
    }

    #[test]
    fn a4_values_in_a_query_are_read_back(address in address(), pairs in prop::collection::vec((text(), text()), 0..4)) {
        let Ok(url) = Url::parse(&address) else { return Ok(()) };
        let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let extended = url.with_query(&borrowed);
        prop_assert!(is_fetched_as_it_prints(&extended), "{extended}");
        prop_assert_eq!(extended.without_query(), url.without_query());
        prop_assert!(extended.query().unwrap_or_default().starts_with(url.query().unwrap_or_default()));
        let read: Vec<(String, String)> = url::form_urlencoded::parse(extended.query().unwrap_or_default().as_bytes()).into_owned().collect();
        prop_assert!(read.ends_with(&pairs), "{read:?}");
    }

    #[test]
    fn a_child_is_below_its_base(base in bases(), below in reference()) {
        let base = Url::parse(base).unwrap();
        if let Ok(child) = base.child(&below) {
            prop_assert!(is_fetched_as_it_prints(&child), "{child}");
            prop_assert!(child.has_origin_of(&base));
            if !below.contains("..") {
                prop_assert!(child.is_within(&base), "{child}");
            }
        }
    }
}
