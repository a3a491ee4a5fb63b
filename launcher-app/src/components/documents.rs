//! Documents, and what is in them. Whatever a document holds, nothing of it runs: text is shown as text, everything else
//! in a frame that is closed to scripts, forms and links.

use leptos::prelude::*;

use super::draw::{element, nothing, paragraph, reactive, reactive_text, text};
use super::entries::entry_parts;
use super::load::{Load, Loading};
use super::section::{absent, actions, skeleton, try_again};
use super::table::more;
use super::trouble::trouble_note;
use crate::launcher::{Launcher, OpenSession};
use crate::model::documents::{Attachment, Document, Form, Source};
use crate::model::markup::{clinical_document, page, picture};
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
    let forms: Vec<&str> = document.attachments.iter().map(Attachment::form_in_words).collect();
    parts.push(match forms.is_empty() {
        true => absent("The clinic does not give its contents."),
        false => paragraph("entry-line", forms.join(", ")),
    });
    let is_single = document.attachments.len() == 1;
    parts.extend(document.attachments.iter().map(|attachment| {
        let about = match is_single {
            true => document.entry.title.clone(),
            false => format!("{}, {}", attachment.title, attachment.form_in_words()),
        };
        show_attachment(attachment.clone(), about, session)
    }));
    parts
}

/// A button that opens and closes an attachment, which is read when it is first opened.
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

/// An attachment that lies elsewhere is read first.
fn open_attachment(attachment: Attachment, title: String, session: OpenSession) -> AnyView {
    let Source::Address(address) = &attachment.source else { return show_contents(&attachment, &title) };
    let load = Load::read(session, Some(address.clone()));
    let audience = expect_context::<Launcher>().audience(&session.get_value());
    reactive(move || match load.state() {
        Loading::Waiting | Loading::NotShared => skeleton(),
        Loading::Ready(binary) => show_contents(&attachment.with(&binary), &title),
        Loading::Failed(error) => trouble_note(Trouble::of(&error, audience), Some(try_again(move || load.again()))),
    })
}

fn show_contents(attachment: &Attachment, title: &str) -> AnyView {
    let Source::Data(data) = &attachment.source else { return nothing() };
    let shown = match attachment.form() {
        Form::Picture => Some(framed(&picture(&attachment.content_type, data, title), title)),
        Form::File => Some(save(attachment, data)),
        Form::Text => decoded(data).map(|words| scrolled(words, title)),
        Form::Page => decoded(data).map(|html| framed(&page(&html), title)),
        Form::ClinicalDocument => decoded(data).map(|xml| match clinical_document(&xml) {
            Some(html) => framed(&html, title),
            None => scrolled(xml, title),
        }),
    };
    shown.unwrap_or_else(|| absent("This document is damaged and cannot be shown."))
}

/// Base64 as text in UTF-8, or where it is none in Latin 1.
fn decoded(base64: &str) -> Option<String> {
    let characters = window().atob(base64).ok()?;
    let bytes: Vec<u8> = characters.chars().filter_map(|character| u8::try_from(u32::from(character)).ok()).collect();
    Some(String::from_utf8(bytes).unwrap_or(characters))
}

fn framed(html: &str, title: &str) -> AnyView {
    // The page's policy keeps every style out of the frame; an element names the letters instead.
    let html = format!("<font face=\"system-ui, sans-serif\">{html}</font>");
    element("iframe", &[("class", "document"), ("sandbox", ""), ("title", title), ("srcdoc", &html)], Vec::new())
}

fn scrolled(words: String, title: &str) -> AnyView {
    let attributes = [("class", "document"), ("tabindex", "0"), ("role", "region"), ("aria-label", title)];
    element("pre", &attributes, vec![text(words)])
}

fn save(attachment: &Attachment, data: &str) -> AnyView {
    let address = format!("data:application/octet-stream;base64,{data}");
    let ending = if attachment.content_type == "application/pdf" { ".pdf" } else { "" };
    let name = format!("{}{ending}", attachment.title.trim_end_matches(".pdf"));
    let attributes = [("class", "button"), ("href", &*address), ("download", &*name), ("rel", "external")];
    let link = element("a", &attributes, vec![text("Save the file")]);
    let why = format!("A {} cannot be shown here. Save it to open it.", attachment.form_in_words());
    element("div", &[("class", "contents")], vec![paragraph("hint", why), link])
}
