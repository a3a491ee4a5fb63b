//! The header and the footer of every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::draw::{element, nothing, paragraph, reactive, text};
use crate::launcher::{Launcher, State};
use crate::place::{base, icon, on_host, within_app};

/// The title, and the navigation while a session is open.
pub fn header() -> AnyView {
    let launcher = expect_context::<Launcher>();
    let pathname = use_location().pathname;
    let ways = reactive(move || match launcher.state() {
        State::Open(_) => ways(&pathname.get()),
        _ => nothing(),
    });
    let icon = element("img", &[("src", &icon()), ("alt", ""), ("width", "32"), ("height", "32")], Vec::new());
    let title = element("span", &[], vec![text(launcher.title())]);
    let brand = element("a", &[("class", "brand"), ("href", &on_host("/"))], vec![icon, title]);
    let inner = element("div", &[("class", "masthead-inner")], vec![brand, ways]);
    let skip = [("class", "skip"), ("href", "#content"), ("rel", "external")];
    let skip = element("a", &skip, vec![text("Skip to the content")]);
    let offline = reactive(move || match launcher.is_online() {
        true => nothing(),
        false => {
            paragraph("offline", "You are offline. You can still read what is shown, but nothing new can be loaded.")
        }
    });
    let offline = element("div", &[("role", "status")], vec![offline]);
    view! { {skip} {element("header", &[("class", "masthead")], vec![inner])} {offline} }.into_any()
}

fn ways(here: &str) -> AnyView {
    let here = within_app(&base(), here);
    let way = |path: &'static str, words: &'static str| {
        let address = on_host(path);
        let attributes = [("href", &*address), ("aria-current", "page")];
        let shown = if here == path { &attributes[..] } else { &attributes[..1] };
        element("a", shown, vec![text(words)])
    };
    element("nav", &[("aria-label", "Main")], vec![way("/record", "Record"), way("/session", "Connection")])
}

/// The footer.
pub fn footer() -> AnyView {
    let words = "The record is read straight from the clinic into this window. It is not stored anywhere else.";
    let file = on_host("/THIRD-PARTY-LICENSES.txt");
    // In another window, because leaving this one would close the record.
    let licenses = [("href", &*file), ("target", "_blank"), ("rel", "external noopener")];
    let licenses = element("a", &licenses, vec![text("Licenses of the software in this app")]);
    element("footer", &[("class", "colophon")], vec![paragraph("", words), element("p", &[], vec![licenses])])
}
