//! Documents and their contents. Nothing in a document runs: text is shown as text, everything else in a frame without scripts,
//! forms and links.

use leptos::prelude::*;
use smartrust::Error;
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag, TextDecoder, Url};

use super::bytes::{Bytes, BytesLoad};
use super::draw::{element, nothing, paragraph, reactive, reactive_text, text};
use super::entries::entry_parts;
use super::parsed;
use super::section::{absent, actions, skeleton, try_again};
use super::table::more;
use super::trouble::trouble_note;
use crate::launcher::{Launcher, OpenSession};
use crate::model::attached::{Contents, Form};
use crate::model::documents::{Attachment, Document, Source};
use crate::model::markup::tree::Node;
use crate::model::markup::{Page, clinical_document, page, picture};
use crate::model::trouble::Trouble;

const AT_FIRST: usize = 6;

/// A list of documents.
pub fn document_list(documents: &[Document], session: OpenSession) -> Vec<AnyView> {
    let (first, rest) = documents.split_at(documents.len().min(AT_FIRST));
    let list = |documents: &[Document]| {
        let items = documents.iter().map(|document| element("li", &[], show_document(document, session)));
        element("ul", &[("class", "entries")], items.collect())
    };
    let mut parts = vec![list(first)];
    if !rest.is_empty() {
        parts.push(more(format!("{} more", rest.len()), list(rest)));
    }
    parts
}

fn show_document(document: &Document, session: OpenSession) -> Vec<AnyView> {
    let mut parts = entry_parts(&document.entry);
    parts.extend(attachment_list(&document.attachments, &document.entry.title, session));
    parts
}

/// Attachments, each with a button that opens it. `title` names what they belong to.
pub fn attachment_list(attachments: &[Attachment], title: &str, session: OpenSession) -> Vec<AnyView> {
    let forms: Vec<&str> = attachments.iter().map(Attachment::form_in_words).collect();
    let mut parts = vec![match forms.is_empty() {
        true => absent("The clinic does not provide its contents."),
        false => paragraph("entry-line", forms.join(", ")),
    }];
    let is_single = attachments.len() == 1;
    parts.extend(attachments.iter().map(|attachment| {
        let about = match is_single {
            true => title.to_owned(),
            false => format!("{}, {}", attachment.title, attachment.form_in_words()),
        };
        show_attachment(attachment.clone(), about, session)
    }));
    parts
}

/// A button that opens and closes an attachment. It is loaded when it is first opened.
pub fn show_attachment(attachment: Attachment, about: String, session: OpenSession) -> AnyView {
    let is_open = RwSignal::new(false);
    let attachment = StoredValue::new(attachment);
    let title = StoredValue::new(about.clone());
    let shown = reactive(move || match is_open.get() {
        true => open_attachment(attachment.get_value(), title.get_value(), session),
        false => nothing(),
    });
    let words = reactive_text(move || if is_open.get() { "Close" } else { "Read" }.to_owned());
    let about = element("span", &[("class", "visually-hidden")], vec![text(format!(" ({about})"))]);
    let is_expanded = move || if is_open.get() { "true" } else { "false" };
    let toggle = view! {
        <button type="button" class="quiet" aria-expanded=is_expanded on:click=move |_| is_open.update(|open| *open = !*open)>
            {words}
            {about}
        </button>
    }
    .into_any();
    element("div", &[("class", "attachment")], vec![actions(vec![toggle]), shown])
}

/// Shows an attachment, after loading it if it has a URL.
fn open_attachment(attachment: Attachment, title: String, session: OpenSession) -> AnyView {
    let address = match &attachment.source {
        Source::Missing => return absent("The clinic does not provide the contents of this document."),
        Source::Data(_) => {
            return match attachment.contents() {
                Some(contents) => show_contents(&contents, &attachment, &title, session),
                None => absent("This document is damaged and cannot be shown."),
            };
        }
        Source::Url(address) => address.clone(),
    };
    let load = BytesLoad::read(session, address.clone(), attachment.content_type.clone());
    let audience = expect_context::<Launcher>().audience(&session.get_value());
    reactive(move || match load.state() {
        Bytes::Waiting => element("div", &[("class", "contents")], vec![skeleton(), load.progress()]),
        Bytes::Ready(content) => {
            let contents = attachment.contents_of(content.media_type.as_deref(), content.bytes.clone());
            show_contents(&contents, &attachment, &title, session)
        }
        Bytes::Failed(error) if matches!(*error, Error::ForeignUrl { .. } | Error::Url { .. }) => elsewhere(&address),
        Bytes::Failed(error) => trouble_note(Trouble::of(&error, audience), Some(try_again(move || load.reload()))),
    })
}

/// A document with a URL that must not get the access token.
fn elsewhere(address: &str) -> AnyView {
    let strong = element("strong", &[], vec![text("This document is at another address. ")]);
    let why =
        "It was not fetched: your access to the record is for the clinic's own address, and is sent nowhere else.";
    let mut parts = vec![
        element("p", &[], vec![strong, text(why)]),
        element("p", &[], vec![element("code", &[], vec![text(address)])]),
    ];
    if address.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) {
        let link = [("href", address), ("target", "_blank"), ("rel", "noopener noreferrer external")];
        parts.push(element("p", &[], vec![element("a", &link, vec![text("Open it in a new window")])]));
    }
    element("div", &[("class", "contents")], parts)
}

fn show_contents(contents: &Contents, attachment: &Attachment, title: &str, session: OpenSession) -> AnyView {
    let mut parts = Vec::new();
    if contents.bytes.is_empty() {
        return absent("This document is empty.");
    }
    if contents.differ_from(&attachment.declared) {
        parts.push(paragraph(
            "notice",
            "This document differs from the clinic's description. It may be incomplete or have been changed.",
        ));
    }
    match contents.form() {
        Form::Picture => parts.push(framed(&picture(&contents.media_type, &contents.base64(), title), title)),
        Form::File => parts.push(save(contents, title)),
        Form::Text => parts.push(scrolled(decoded(contents), title)),
        Form::Page => {
            let words = decoded(contents);
            let is_xhtml = contents.media_type == "application/xhtml+xml";
            let root = if is_xhtml { parsed::xhtml(&words) } else { parsed::html(&words) };
            parts.push(match root {
                Some(root) => show_page(&page(&root), title, session),
                None => scrolled(words, title),
            });
        }
        Form::ClinicalDocument => parts.push(show_xml(decoded(contents), title, session)),
    }
    element("div", &[("class", "contents")], parts)
}

fn show_xml(words: String, title: &str, session: OpenSession) -> AnyView {
    let Some(root) = parsed::xml(&words) else {
        let damaged = "This document is damaged. It is shown as it was sent.";
        return element("div", &[("class", "contents")], vec![paragraph("notice", damaged), scrolled(words, title)]);
    };
    match clinical_document(&root) {
        Some(document) => show_page(&document, title, session),
        None if root.name().as_deref() == Some("html") => show_page(&page(&root), title, session),
        None => scrolled(words, title),
    }
}

fn show_page(page: &Page, title: &str, session: OpenSession) -> AnyView {
    let mut parts: Vec<AnyView> = page.remarks.iter().map(|remark| paragraph("notice", remark.clone())).collect();
    parts.push(framed(&page.html, title));
    parts.extend(page.embedded.iter().map(|file| {
        let about = format!("{title}, {}", file.form_in_words());
        show_attachment(file.clone(), about, session)
    }));
    element("div", &[("class", "contents")], parts)
}

/// The contents as text. If their encoding is unknown, they are read as UTF-8.
fn decoded(contents: &Contents) -> String {
    let decoder = TextDecoder::new_with_label(&contents.encoding()).or_else(|_| TextDecoder::new());
    let decode = |decoder: TextDecoder| decoder.decode_with_u8_array(&contents.bytes);
    decoder.and_then(decode).unwrap_or_else(|_| String::from_utf8_lossy(&contents.bytes).into_owned())
}

fn framed(html: &str, title: &str) -> AnyView {
    // The page's policy blocks styles in the frame, so an element sets the font.
    let html = format!("<font face=\"system-ui, sans-serif\">{html}</font>");
    element("iframe", &[("class", "document"), ("sandbox", ""), ("title", title), ("srcdoc", &html)], Vec::new())
}

fn scrolled(words: String, title: &str) -> AnyView {
    let attributes = [("class", "document"), ("tabindex", "0"), ("role", "region"), ("aria-label", title)];
    element("pre", &attributes, vec![text(words)])
}

fn save(contents: &Contents, title: &str) -> AnyView {
    let Some(address) = object_url(&contents.bytes) else {
        return absent("This browser cannot save this document.");
    };
    let held = address.clone();
    on_cleanup(move || {
        // If it fails, the URL is revoked with the page.
        let _ = Url::revoke_object_url(&held);
    });
    let name = contents.file_name(title);
    let attributes = [("class", "button"), ("href", &*address), ("download", &*name), ("rel", "external")];
    let link = element("a", &attributes, vec![text("Save the file")]);
    let what = contents.form().in_a_sentence(&contents.media_type);
    let why = format!("A {what} cannot be shown here. Save it to open it.");
    element("div", &[("class", "contents")], vec![paragraph("hint", why), actions(vec![link])])
}

/// A URL for saving bytes. It has a generic media type, so that the browser never opens them as a page.
fn object_url(bytes: &[u8]) -> Option<String> {
    let bytes = js_sys::Uint8Array::from(bytes);
    let parts = js_sys::Array::of1(&JsValue::from(bytes));
    let options = BlobPropertyBag::new();
    options.set_type("application/octet-stream");
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    Url::create_object_url_with_blob(&blob).ok()
}
