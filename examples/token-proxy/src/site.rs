//! The app's static files, with headers that say who may frame them.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::middleware::{Next, from_fn};
use tower_http::services::ServeDir;

use crate::header_rules::HeaderRules;

/// Serves the files of a folder, compressed if there is a copy that ends in `.br` or `.gz`, with the headers of its `_headers` file, if it has one, and at least with `nosniff` and a content
/// security policy that says who may frame them. `frame_ancestors` replaces the sources of that directive in the file. If neither
/// names any, nobody may frame them.
///
/// # Errors
/// What is wrong with the `_headers` file, or with `frame_ancestors`.
pub fn site(folder: &Path, frame_ancestors: Option<&str>) -> Result<Router, String> {
    let file = folder.join("_headers");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("cannot read {} ({error})", file.display())),
    };
    let rules =
        Arc::new(HeaderRules::read(&text).map_err(|line| format!("{}: this is not a rule: {line}", file.display()))?);
    let ancestors: Option<Arc<str>> = frame_ancestors.map(Arc::from);
    // It becomes a part of a header with other directives.
    if ancestors.as_ref().is_some_and(|sources| sources.contains([';', ',']) || HeaderValue::from_str(sources).is_err())
    {
        return Err("the frame ancestors are not a list of origins with spaces between them".to_owned());
    }
    let add = move |request: Request, next: Next| {
        let (rules, ancestors) = (rules.clone(), ancestors.clone());
        async move {
            let headers = headers_for(request.uri().path(), &rules, ancestors.as_deref());
            let mut response = next.run(request).await;
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
            for (name, value) in &headers {
                response.headers_mut().insert(name, value.clone());
            }
            response
        }
    };
    Ok(Router::new()
        .fallback_service(ServeDir::new(folder).precompressed_br().precompressed_gzip())
        .layer(from_fn(add)))
}

/// The site's headers for a path, and at least `nosniff` and a policy that says who may frame the page.
fn headers_for(path: &str, rules: &HeaderRules, frame_ancestors: Option<&str>) -> HeaderMap {
    let mut headers = rules.headers_for(path);
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let policy = framed_by(policy.unwrap_or_default(), frame_ancestors);
    // Both parts were headers before.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers
}

/// A content security policy with the directive `frame-ancestors`.
fn framed_by(policy: &str, frame_ancestors: Option<&str>) -> String {
    let is_about_frames = |directive: &&str| {
        directive.split_whitespace().next().is_some_and(|name| name.eq_ignore_ascii_case("frame-ancestors"))
    };
    let (own, mut directives): (Vec<&str>, Vec<&str>) =
        policy.split(';').map(str::trim).filter(|directive| !directive.is_empty()).partition(is_about_frames);
    let given = frame_ancestors.map(|sources| format!("frame-ancestors {sources}"));
    // Of a directive that comes twice, browsers take the first.
    directives.push(given.as_deref().or(own.first().copied()).unwrap_or("frame-ancestors 'none'"));
    directives.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k5_a_policy_always_has_frame_ancestors() {
        for (policy, given, expected) in [
            ("", None, "frame-ancestors 'none'"),
            ("", Some("https://ehr.example"), "frame-ancestors https://ehr.example"),
            ("default-src 'self';", None, "default-src 'self'; frame-ancestors 'none'"),
            ("frame-ancestors https://a; img-src *", None, "img-src *; frame-ancestors https://a"),
            ("Frame-Ancestors https://a", Some("https://b"), "frame-ancestors https://b"),
        ] {
            assert_eq!(framed_by(policy, given), expected, "{policy}");
        }
    }
}
