use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

#[test]
fn a_url_is_printed_as_it_is_fetched() {
    for (text, printed) in [
        ("HTTPS://EHR.Example:443", "https://ehr.example/"),
        ("http://localhost:9080/webchart.cgi/fhir", "http://localhost:9080/webchart.cgi/fhir"),
        ("https://a.example/x/./y/../z/?q=a|b,c", "https://a.example/x/z/?q=a|b,c"),
        ("https://a.example/x/..", "https://a.example/"),
        ("http://127.0.0.1:80?x", "http://127.0.0.1/?x"),
        ("https://a.example/?name=O'Hara", "https://a.example/?name=O%27Hara"),
        ("https://[::1]:8443/a%20b", "https://[::1]:8443/a%20b"),
        ("https://[2001:DB8::7:0:0:1]", "https://[2001:db8::7:0:0:1]/"),
        ("https://[1:2:3:4:5:6:0:8]/", "https://[1:2:3:4:5:6:0:8]/"),
    ] {
        assert_eq!(url(text).to_string(), printed);
    }
}

#[test]
fn f1_a_url_that_a_browser_would_rewrite_is_refused() {
    for (text, error) in [
        ("https://good@evil.example/", UrlError::UserInfo),
        ("https://a.example/fhir/%2e%2E/x", UrlError::Character),
        ("https://a.example/fhir/%2Fx", UrlError::Character),
        ("https://a.example/fhir\\..\\x", UrlError::Character),
        ("https://a.example/fhir/%5c", UrlError::Character),
        ("https://a.example/fh\tir", UrlError::Character),
        ("https://a.example/a b", UrlError::Character),
        ("https://a.example/%", UrlError::Character),
        ("https://a.example/x?y=\u{e9}", UrlError::Character),
        ("https://a\u{ff0e}example/", UrlError::Host),
        ("https://0177.0.0.1/", UrlError::Host),
        ("https://0x7f.1/", UrlError::Host),
        ("https://2130706433/", UrlError::Host),
        ("https://127.0.0.256/", UrlError::Host),
        ("https://127.0.0.01/", UrlError::Host),
        ("https://127.0.0.1./", UrlError::Host),
        ("https://[::1/", UrlError::Host),
        ("https://[fe80::1%25eth0]/", UrlError::Host),
        ("https://[0]/", UrlError::Host),
        ("https://[1::2::3]/", UrlError::Host),
        ("https://[1:::3]/", UrlError::Host),
        ("https://[0:0:0:0:0:0:0:1]/", UrlError::Host),
        ("https://[1:0:0:2:0:0:0:3]/", UrlError::Host),
        ("https://[1::2:0:0:0:3]/", UrlError::Host),
        ("https://[::01]/", UrlError::Host),
        ("https://[::12345]/", UrlError::Host),
        ("https:///x", UrlError::Host),
        ("https://a..example/", UrlError::Host),
        ("https://a.example:99999/", UrlError::Port),
        ("https://a.example:8x/", UrlError::Port),
        ("https://a.example/#x", UrlError::Fragment),
        ("ftp://a.example/", UrlError::Scheme),
        ("javascript:alert(1)", UrlError::Scheme),
        ("/relative", UrlError::Scheme),
        (" https://a.example/", UrlError::Scheme),
    ] {
        assert_eq!(Url::parse(text), Err(error), "{text}");
    }
}

#[test]
fn f17_a_segment_that_some_servers_read_as_dots_is_refused() {
    for segment in [
        "..;",
        ".;",
        "..;x=1",
        ".;jsessionid=1",
        "..%3B",
        "..%3bx",
        "..;%2e",
        "%2e%2e;x",
        "%2e%2e",
        ".%2e",
        "..%20",
        "..%20;x",
        "%20..",
        "%252e%252e",
        "a%252Fb",
        "%255c..",
        "..%253b",
        "%c0%ae%c0%ae",
        "%C1%9C",
        "..%00",
        "..%09",
    ] {
        for path in
            [format!("/fhir/{segment}/other"), format!("/fhir/{segment}"), format!("/fhir/Patient/{segment}/{segment}")]
        {
            let text = format!("https://a.example{path}");
            assert_eq!(Url::parse(&text), Err(UrlError::Character), "{text}");
            assert_eq!(url("https://a.example/fhir/").join(&path), Err(UrlError::Character), "{text}");
        }
        assert_eq!(url("https://a.example/fhir").child(segment), Err(UrlError::Character), "{segment}");
    }
    for text in [
        "https://a.example/fhir/Patient;v=1/..a/a../...",
        "https://a.example/fhir//Patient/1;x",
        "https://a.example/fhir/a%3Bb%25c/;..",
        "https://a.example/fhir/page?next=..;/%2e%252e",
    ] {
        assert_eq!(url(text).to_string(), text);
    }
}

#[test]
fn f20_a_url_that_lacks_only_https_is_secured() {
    let base = url("https://a.example/fhir");
    for (text, secured) in [
        ("http://a.example/fhir/Patient?page=2", Some("https://a.example/fhir/Patient?page=2")),
        ("http://a.example:80/fhir", Some("https://a.example/fhir")),
        ("https://a.example/fhir/Patient", None),
        ("http://a.example/other", None),
        ("http://a.example:8080/fhir", None),
        ("http://b.example/fhir", None),
    ] {
        assert_eq!(url(text).upgraded_to_https(&base).map(|url| url.to_string()).as_deref(), secured, "{text}");
    }
    let port = url("http://a.example:8443/fhir/x").upgraded_to_https(&url("https://a.example:8443/fhir"));
    assert_eq!(port, Some(url("https://a.example:8443/fhir/x")));
    assert_eq!(url("http://localhost/fhir/x").upgraded_to_https(&url("http://localhost/fhir")), None);
}

#[test]
fn references_are_resolved_as_in_rfc_3986() {
    let base = url("http://a/b/c/d;p?q");
    for (reference, resolved) in [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("g#s", "http://a/b/c/g"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../../../g", "http://a/g"),
    ] {
        assert_eq!(base.join(reference).unwrap().to_string(), resolved, "{reference}");
    }
    assert_eq!(base.join("urn:uuid:1"), Err(UrlError::Scheme));
    assert_eq!(base.join("https:g"), Err(UrlError::Scheme));
}

#[test]
fn a_child_is_appended_after_one_slash() {
    for base in ["https://a.example/fhir", "https://a.example/fhir/"] {
        assert_eq!(url(base).child("Patient/1").unwrap().to_string(), "https://a.example/fhir/Patient/1");
    }
}

#[test]
fn f1_a_prefix_ends_at_a_slash() {
    let base = url("https://a.example/one/fhir/");
    for (text, within) in [
        ("https://a.example/one/fhir", true),
        ("https://a.example/one/fhir/Patient/1", true),
        ("https://a.example/one/fhir?page=2", true),
        ("https://a.example/one/fhirx/Patient/1", false),
        ("https://a.example/one/fhir/../../two/fhir/Patient/1", false),
        ("https://a.example/two/fhir/Patient/1", false),
        ("https://a.example.evil.example/one/fhir/", false),
        ("https://evil-a.example/one/fhir/", false),
        ("https://a.example:8443/one/fhir/", false),
        ("http://a.example/one/fhir/", false),
    ] {
        assert_eq!(url(text).is_within(&base), within, "{text}");
    }
}
