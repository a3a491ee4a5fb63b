//! Retries of FHIR requests (RFC 9110 sections 9.2.2, 10.2.3 and 15.6).

use std::time::UNIX_EPOCH;

use crate::error::Error;
use crate::protocol::http::{Method, Request};

/// The number of retries without a `Retry-After`.
const TRIES: u32 = 2;
/// The number of retries with a `Retry-After`.
const RETRY_AFTER_TRIES: u32 = 3;
/// The maximum sum of the delays that a server requests, in seconds.
const LONGEST_WAIT: f64 = 60.0;
/// The first delay without a `Retry-After`, in seconds. Each later one is twice as long.
const FIRST_WAIT: f64 = 0.3;

/// The delays before the retries of one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct RetryDelays {
    again: u32,
    waited: f64,
}

impl RetryDelays {
    /// The number of seconds before the next retry; `None` if the error is final. `now` is the time in seconds since
    /// 1970, `chance` a random number from 0 to 1 that spreads the tries of many clients.
    pub fn next_delay(&mut self, error: &Error, now: f64, chance: f64) -> Option<f64> {
        let retry_after_header = match error {
            Error::Network { .. } => None,
            Error::Fhir(fhir) => match fhir.status {
                408 | 429 | 503 => fhir.retry_after.as_deref().and_then(|text| retry_after(text, now)),
                502 | 504 => None,
                _ => return None,
            },
            _ => return None,
        };
        let wait = match retry_after_header {
            Some(wait) if self.again < RETRY_AFTER_TRIES && self.waited + wait <= LONGEST_WAIT => wait,
            None if self.again < TRIES => FIRST_WAIT * f64::from(1_u32 << self.again) * (1.0 + chance),
            _ => return None,
        };
        self.again += 1;
        self.waited += wait;
        Some(wait)
    }
}

/// Whether a repetition of the request has no further effect: it reads, or it sets or deletes a resource without a condition.
pub fn is_repeatable(request: &Request) -> bool {
    match request.method {
        Method::Get => true,
        Method::Post => request.url.path().ends_with("/_search"),
        Method::Put | Method::Delete => {
            request.url.query().is_none() && !request.headers.iter().any(|(name, _)| name == "If-Match")
        }
        Method::Patch => false,
    }
}

/// The number of seconds from `now` on in a `Retry-After` header: a number of seconds, or a date (RFC 9110 section
/// 10.2.3). `None` if it is neither.
///
/// ```
/// use smartrust::fhir::retry::retry_after;
///
/// assert_eq!(retry_after("120", 0.0), Some(120.0));
/// assert_eq!(retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 0.0), Some(60.0));
/// ```
pub fn retry_after(text: &str, now: f64) -> Option<f64> {
    let text = text.trim_ascii();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(seconds.into());
    }
    Some((read_http_date(text)? - now).max(0.0))
}

/// The seconds since 1970 of an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
pub(crate) fn read_http_date(text: &str) -> Option<f64> {
    let time = httpdate::parse_http_date(text).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FhirError;
    use crate::protocol::url::Url;

    fn response(status: u16, retry_after: Option<&str>) -> Error {
        let (host, retry_after) = ("ehr.example".to_owned(), retry_after.map(str::to_owned));
        Error::Fhir(Box::new(FhirError { status, host, operation_outcome: None, text: None, retry_after, etag: None }))
    }

    #[test]
    fn f6_retry_after_is_seconds_or_a_date() {
        // The dates' seconds by `date -u -d … +%s`.
        for (text, now, expected) in [
            ("120", 0.0, Some(120.0)),
            (" 0 ", 0.0, Some(0.0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_770.0, Some(7.0)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_190.0, Some(9.0)),
            ("Fri, 01 Jan 2027 00:00:00 GMT", 1_798_761_600.0, Some(0.0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 1_700_000_000.0, Some(0.0)),
            // The obsolete forms, which recipients must accept.
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_770.0, Some(7.0)),
            ("Sun Nov  6 08:49:37 1994", 784_111_770.0, Some(7.0)),
            ("soon", 0.0, None),
            ("-1", 0.0, None),
            ("", 0.0, None),
            ("Sun, 06 Foo 1994 08:49:37 GMT", 0.0, None),
            ("Sun, 06 Nov 1994 08:49 GMT", 0.0, None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", 0.0, None),
            ("Sun, 06 Nov 4000000000 08:49:37 GMT", 0.0, None),
            ("Sun, 06 Nov 1994 4000000000:49:37 GMT", 0.0, None),
        ] {
            assert_eq!(retry_after(text, now), expected, "{text}");
        }
    }

    #[test]
    fn f6_f21_waits_grow_with_jitter_and_end() {
        let waits = |error: Error, chance: f64| {
            let mut tries = RetryDelays::default();
            std::iter::from_fn(move || tries.next_delay(&error, 0.0, chance)).take(9).collect::<Vec<_>>()
        };
        assert_eq!(waits(response(503, None), 0.0), [0.3, 0.6]);
        assert_eq!(waits(response(502, None), 1.0), [0.6, 1.2]);
        assert_eq!(waits(Error::Network { host: "h".into() }, 0.0).len(), 2);
        assert_eq!(waits(response(429, Some("5")), 0.5), [5.0, 5.0, 5.0]);
        assert_eq!(waits(response(408, None), 0.0), [0.3, 0.6]);
        assert_eq!(waits(response(408, Some("5")), 0.5), [5.0, 5.0, 5.0]);
        assert_eq!(waits(response(503, Some("40")), 0.5), [40.0]);
        assert!(waits(response(503, Some("3600")), 0.5).is_empty());
        for status in [400, 401, 403, 404, 409, 412, 422, 500] {
            assert!(waits(response(status, Some("1")), 0.0).is_empty(), "{status}");
        }
        assert!(waits(Error::Aborted, 0.0).is_empty());
    }

    #[test]
    fn f6_only_idempotent_requests_are_repeated() {
        let request = |method: Method, path: &str, header: Option<&str>| {
            let mut request = Request::get(Url::parse("https://ehr.example/fhir").unwrap().child(path).unwrap(), "x");
            request.method = method;
            header.map(|name| request.set_header(name, "x"));
            is_repeatable(&request)
        };
        assert!(request(Method::Get, "Patient?name=a", None));
        assert!(request(Method::Post, "Patient/_search", None));
        assert!(request(Method::Put, "Patient/1", None));
        assert!(request(Method::Delete, "Patient/1", None));
        assert!(!request(Method::Put, "Patient/1", Some("If-Match")));
        assert!(!request(Method::Delete, "Patient?identifier=1", None));
        assert!(!request(Method::Post, "Patient", None));
        assert!(!request(Method::Post, "Patient/$match", None));
        assert!(!request(Method::Patch, "Patient/1", None));
    }
}
