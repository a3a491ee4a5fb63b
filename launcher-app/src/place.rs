//! The launcher's path on its host: the root, or a path such as `/record/`. The page has it in `data-path`.

use leptos::prelude::document;

/// The attribute of the page's `html` element.
const ATTRIBUTE: &str = "data-path";

/// The path without its final slash; empty for the root.
pub fn base() -> String {
    let path = document().document_element().and_then(|html| html.get_attribute(ATTRIBUTE)).unwrap_or_default();
    path.trim_end_matches('/').to_owned()
}

/// The path on the host of a path in the app, such as `/record`.
pub fn on_host(path: &str) -> String {
    base() + path
}

/// The URL of the page's icon, which the browser has already loaded.
pub fn icon() -> String {
    let link = document().query_selector("link[rel=icon]").ok().flatten();
    link.and_then(|link| link.get_attribute("href")).unwrap_or_default()
}

/// The path in the app of a path on the host, without a final slash; empty for the start page.
pub fn within_app<'a>(base: &str, path: &'a str) -> &'a str {
    let inner = path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    inner.unwrap_or(path).trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::within_app;

    #[test]
    fn s13_a_page_is_found_below_the_path_of_the_site() {
        for (base, path, inner) in [
            ("", "/", ""),
            ("", "/record", "/record"),
            ("", "/launch/", "/launch"),
            ("/apps/record", "/apps/record", ""),
            ("/apps/record", "/apps/record/", ""),
            ("/apps/record", "/apps/record/record", "/record"),
            ("/apps/record", "/apps/recorder", "/apps/recorder"),
        ] {
            assert_eq!(within_app(base, path), inner, "{path} at {base}");
        }
    }
}
