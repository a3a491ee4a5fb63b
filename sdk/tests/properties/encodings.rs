//! Forms, base64url and written JSON.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;
use smartrust::json::{ObjectWriter, array, quoted};
use smartrust::protocol::encoding::{base64url, base64url_decode, form, form_decode, form_pairs, percent_encode};

use crate::generated::{cases, json, text};

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn an_encoded_string_is_ascii_and_read_back(value in text()) {
        let encoded = percent_encode(&value);
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
        prop_assert_eq!(form_decode(&encoded), Some(value));
    }

    #[test]
    fn a_form_is_read_back_here_and_by_browsers(pairs in prop::collection::vec((text(), text()), 0..5)) {
        let borrowed: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let form = form(&borrowed);
        prop_assert_eq!(&form_pairs(&form), &pairs);
        let read: Vec<(String, String)> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        prop_assert_eq!(read, pairs);
    }

    #[test]
    fn a_string_is_decoded_as_in_browsers(text in prop_oneof![text(), "[a-c%&=+0-9A-F]{0,16}"]) {
        let read: Vec<(String, String)> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let mut read = read.iter();
        for pair in form_pairs(&text) {
            prop_assert!(read.any(|other| *other == pair), "{pair:?}");
        }
    }

    #[test]
    fn bytes_are_read_back_from_base64url(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let text = base64url(&bytes);
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        prop_assert_eq!(base64url_decode(&text), Some(bytes));
    }

    #[test]
    fn bytes_have_one_base64url_string(text in prop_oneof!["[A-Za-z0-9_-]{0,12}", "[A-Za-z0-9+/=_ -]{0,8}", text()]) {
        if let Some(bytes) = base64url_decode(&text) {
            prop_assert_eq!(base64url(&bytes), text);
        }
    }

    #[test]
    fn a_written_object_is_read_back(
        texts in prop::collection::btree_map("t.{0,8}", text(), 0..4),
        flags in prop::collection::btree_map("f.{0,8}", any::<bool>(), 0..3),
        times in prop::collection::btree_map("s.{0,8}", any::<u32>(), 0..3),
        lists in prop::collection::btree_map("l.{0,8}", prop::collection::vec(json(), 0..3), 0..3),
    ) {
        let mut writer = ObjectWriter::new();
        let mut expected = BTreeMap::<String, Value>::new();
        for (name, value) in &texts {
            writer = writer.text(name, value).optional_text("never", None);
            expected.insert(name.clone(), value.clone().into());
        }
        for (name, value) in &flags {
            writer = writer.flag(name, *value);
            expected.insert(name.clone(), (*value).into());
        }
        for (name, value) in &times {
            writer = writer.optional_seconds(name, Some(f64::from(*value) + 0.5));
            expected.insert(name.clone(), (*value).into());
        }
        for (name, items) in &lists {
            writer = writer.raw(name, &array(items.iter().map(Value::to_string)));
            expected.insert(name.clone(), items.clone().into());
        }
        let read: Value = serde_json::from_str(&writer.finish()).unwrap();
        prop_assert_eq!(read, Value::Object(expected.into_iter().collect()));
    }

    #[test]
    fn a_quoted_string_is_read_back(text in text()) {
        prop_assert_eq!(serde_json::from_str::<String>(&quoted(&text)).unwrap(), text);
    }

    #[test]
    fn an_invalid_time_is_written_as_a_number(time in any::<f64>()) {
        let written = ObjectWriter::new().optional_seconds("time", Some(time)).finish();
        prop_assert!(serde_json::from_str::<BTreeMap<String, u64>>(&written).is_ok(), "{written}");
    }
}
