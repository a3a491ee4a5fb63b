//! What is in a document, as a page for a closed frame. The frame runs nothing by itself; what could, or would fetch
//! something, is taken out all the same.

use leptos::prelude::window;
use web_sys::{Document, DomParser, Element, SupportedType};

/// Elements that are taken out with all that is in them.
const REMOVED: &str = "script,style,link,meta,base,iframe,frame,frameset,object,embed,applet,form,input,button,select,\
                       textarea,audio,video,picture,source,svg,math,template,noscript,portal";
/// Attributes that stay.
const KEPT: [&str; 9] = ["colspan", "rowspan", "scope", "headers", "dir", "lang", "alt", "title", "start"];
/// Elements of a clinical document's narrative with those of a page.
const NARRATIVE: [(&str, &str); 5] =
    [("paragraph", "p"), ("list", "ul"), ("item", "li"), ("content", "span"), ("caption", "strong")];

/// Base64 as text in UTF-8, or where it is none in Latin 1.
pub fn decoded(base64: &str) -> Option<String> {
    let characters = window().atob(base64).ok()?;
    let bytes: Vec<u8> = characters.chars().filter_map(|character| u8::try_from(u32::from(character)).ok()).collect();
    Some(String::from_utf8(bytes).unwrap_or(characters))
}

/// A page without what could run or fetch.
pub fn page(html: &str) -> Option<String> {
    Some(cleaned(&parse(html, SupportedType::TextHtml)?))
}

/// A picture as a page. A picture runs no script, whatever is in it.
pub fn picture(content_type: &str, base64: &str, title: &str) -> String {
    let data: String =
        base64.chars().filter(|character| character.is_ascii_alphanumeric() || "+/=".contains(*character)).collect();
    format!("<img alt=\"{}\" width=\"100%\" src=\"data:{content_type};base64,{data}\">", escaped(title))
}

/// The titles and narratives of a clinical document (C-CDA); `None` where it is none.
pub fn clinical_document(xml: &str) -> Option<String> {
    let parsed = parse(xml, SupportedType::ApplicationXml)?;
    let mut html = String::new();
    for section in elements(&parsed, "section") {
        let child = |name: &str| {
            let children = section.children();
            (0..children.length()).filter_map(|index| children.item(index)).find(|child| child.local_name() == name)
        };
        if let Some(title) = child("title") {
            html.push_str(&format!("<h2>{}</h2>", escaped(&title.text_content().unwrap_or_default())));
        }
        if let Some(narrative) = child("text") {
            html.push_str(&as_html(&narrative.inner_html()));
        }
    }
    if html.is_empty() { None } else { page(&html) }
}

fn as_html(narrative: &str) -> String {
    NARRATIVE.iter().fold(narrative.to_owned(), |html, (own, other)| {
        html.replace(&format!("<{own}"), &format!("<{other}")).replace(&format!("</{own}>"), &format!("</{other}>"))
    })
}

fn parse(text: &str, kind: SupportedType) -> Option<Document> {
    DomParser::new().ok()?.parse_from_string(text, kind).ok()
}

/// The document's body without what could run or fetch, however deep it was hidden.
fn cleaned(document: &Document) -> String {
    elements(document, REMOVED).iter().for_each(Element::remove);
    for element in elements(document, "*") {
        for name in element.get_attribute_names().iter().filter_map(|name| name.as_string()) {
            let is_picture = name == "src"
                && element.get_attribute(&name).is_some_and(|source| source.trim_start().starts_with("data:image/"));
            if !is_picture && !KEPT.contains(&name.as_str()) {
                // An attribute that is there can be taken away.
                let _ = element.remove_attribute(&name);
            }
        }
    }
    document.query_selector("body").ok().flatten().map(|body| body.inner_html()).unwrap_or_default()
}

fn elements(document: &Document, selector: &str) -> Vec<Element> {
    let Ok(found) = document.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| Some(wasm_bindgen::JsCast::unchecked_into(found.item(index)?))).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
