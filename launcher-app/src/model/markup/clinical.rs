//! Clinical documents in XML (HL7 CDA R2): the patient, and the titles and narratives of the sections.

use super::Page;
use super::html::{attributes, write_address};
use super::style::TextStyle;
use super::tree::{Node, at, elements, line};
use super::walk::{DEEPEST, Language, Walk};
use super::write::{Revision, base64_characters};
use crate::model::date::PartialDate;
use crate::model::documents::{Attachment, Source};

/// Elements of a narrative with their HTML elements (CDA R2, narrative block). Some systems write HTML elements.
const TAKEN_AS: &[(&str, &str)] = &[("paragraph", "p"), ("item", "li"), ("title", "strong"), ("footnote", "small")];

/// Elements of a narrative that HTML has by the same name.
const KEPT: &[&str] = &[
    "br", "sub", "sup", "caption", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "col", "colgroup", "p", "div",
    "span", "b", "strong", "i", "em", "u", "ul", "ol", "li", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
];

/// A clinical document as a page; `None` for other XML.
pub fn clinical_document<N: Node>(root: &N) -> Option<Page> {
    if root.name().as_deref() != Some("clinicaldocument") {
        return None;
    }
    let narrative = Narrative { root: root.clone() };
    let mut document = Document { root, walk: Walk::new(&narrative), embedded: Vec::new() };
    document.write_head();
    document.write_sections(root, 0);
    let Document { walk, embedded, .. } = document;
    let (html, remarks) = walk.writer.finish();
    Some(Page { html, remarks, embedded })
}

/// A clinical document that is being written.
struct Document<'a, N> {
    root: &'a N,
    walk: Walk<'a, N>,
    embedded: Vec<Attachment>,
}

impl<N: Node> Document<'_, N> {
    fn title(&self) -> Option<String> {
        at(self.root, &["title"]).as_ref().and_then(line)
    }

    fn write_head(&mut self) {
        if let Some(title) = self.title() {
            self.walk.writer.within("h1", |writer| writer.text(&title));
        }
        let patient = at(self.root, &["recordtarget", "patientrole", "patient"]);
        let born = patient.as_ref().and_then(|patient| date(patient, "birthtime"));
        let about = patient.as_ref().and_then(person_name).map(|name| match born {
            Some(born) => format!("About {name}, born {born}."),
            None => format!("About {name}."),
        });
        let author = |author: &N| person_name(&at(author, &["assignedauthor", "assignedperson"])?);
        let authors: Vec<String> = elements(self.root, "author").iter().filter_map(author).collect();
        let written = match (date(self.root, "effectivetime"), authors.join(", ")) {
            (None, authors) if authors.is_empty() => None,
            (None, authors) => Some(format!("Written by {authors}.")),
            (Some(date), authors) if authors.is_empty() => Some(format!("Written on {date}.")),
            (Some(date), authors) => Some(format!("Written on {date} by {authors}.")),
        };
        for words in about.into_iter().chain(written) {
            self.walk.writer.within("p", |writer| writer.text(&words));
        }
    }

    /// Writes all sections below a node. Their narratives contain the text of their coded entries.
    fn write_sections(&mut self, node: &N, depth: usize) {
        if depth > DEEPEST {
            if line(node).is_some() {
                let words = "A part of this document is nested too deep to be shown.";
                self.walk.writer.within("p", |writer| writer.not_shown(words));
            }
            return;
        }
        for child in node.children() {
            match child.name().as_deref() {
                Some("section") => self.write_section(&child, depth),
                Some("nonxmlbody") => elements(&child, "text").iter().for_each(|text| self.embed(text)),
                Some("entry" | "text") | None => {}
                Some(_) => self.write_sections(&child, depth + 1),
            }
        }
    }

    fn write_section(&mut self, section: &N, depth: usize) {
        let coded = || at(section, &["code"])?.attribute("displayName");
        let title = at(section, &["title"]).as_ref().and_then(line).or_else(coded);
        let title = title.unwrap_or_else(|| "A part without a title".to_owned());
        // A section in another one is two levels deeper.
        let heading = if self.is_outermost(depth) { "h2" } else { "h3" };
        self.walk.writer.within(heading, |writer| writer.text(&title));
        let narratives = elements(section, "text");
        let is_silent = |text: &N| line(text).is_none() && text.children().iter().all(Node::is_text);
        if narratives.iter().all(is_silent) {
            if !elements(section, "entry").is_empty() {
                let words = "This part holds data that is not written out, so it cannot be shown here.";
                self.walk.writer.within("p", |writer| writer.not_shown(words));
            } else if at(section, &["component", "section"]).is_none() {
                self.walk.writer.within("p", |writer| writer.remark("This part has no text."));
            }
        }
        for narrative in &narratives {
            self.walk.writer.open("div", &[]);
            self.walk.write_contents(narrative, 0);
            self.walk.writer.close("div");
        }
        self.write_sections(section, depth + 1);
    }

    fn is_outermost(&self, depth: usize) -> bool {
        // ClinicalDocument, component, structuredBody, component.
        depth <= 3
    }

    /// A document with another file as its text, or with text without sections.
    fn embed(&mut self, text: &N) {
        let content_type = text.attribute("mediaType").unwrap_or_else(|| "text/plain".to_owned());
        let is_base64 = text.attribute("representation").is_some_and(|form| form.eq_ignore_ascii_case("B64"));
        let address = || at(text, &["reference"])?.attribute("value");
        let source = match (is_base64, address()) {
            (true, _) => Source::Data(base64_characters(&text.text())),
            (false, Some(address)) => Source::Url(address),
            (false, None) => {
                return self.walk.writer.within("pre", |writer| writer.text(&text.text()));
            }
        };
        let title = self.title().unwrap_or_else(|| "Document".to_owned());
        self.walk.writer.within("p", |writer| writer.remark("The text of this document is a file. It stands below."));
        self.embedded.push(Attachment::new(title, &content_type, source));
    }
}

/// The language of the sections' text.
struct Narrative<N> {
    root: N,
}

impl<N: Node> Language<N> for Narrative<N> {
    fn is_never_displayed(&self, name: &str) -> bool {
        ["script", "style"].contains(&name)
    }

    fn is_hidden(&self, node: &N, _: &str) -> bool {
        node.attribute("hidden").is_some()
    }

    fn style(&self, node: &N) -> TextStyle {
        let style = TextStyle::of(node);
        TextStyle { is_underlined: style.is_underlined || has_style(node, "underline"), ..style }
    }

    fn revision(&self, node: &N, name: &str, style: TextStyle) -> Option<Revision> {
        match (node.attribute("revised").as_deref(), name) {
            (Some("delete"), _) | (_, "del" | "delete") => Some(Revision::Removed),
            (Some("insert"), _) | (_, "ins" | "insert") => Some(Revision::Added),
            (_, "s" | "strike") => Some(Revision::Struck),
            _ => (style.is_struck || has_style(node, "strike")).then_some(Revision::Struck),
        }
    }

    fn element(&self, node: &N, name: &str) -> Option<(&'static str, Vec<(&'static str, String)>)> {
        let emphasis = [("bold", "strong"), ("italics", "em"), ("emphasis", "em")];
        let own = match name {
            "list" if node.attribute("listType").as_deref() == Some("ordered") => "ol",
            "list" => "ul",
            "content" => emphasis.iter().find(|(code, _)| has_style(node, code)).map_or("span", |(_, own)| own),
            _ => {
                let same = KEPT.iter().find(|kept| **kept == name);
                same.or_else(|| TAKEN_AS.iter().find(|(other, _)| *other == name).map(|(_, own)| own))?
            }
        };
        Some((own, attributes(node, own)))
    }

    fn write_special(&self, walk: &mut Walk<'_, N>, node: &N, name: &str, depth: usize) -> bool {
        match name {
            "linkhtml" => {
                walk.write_contents(node, depth);
                write_address(node, "href", &mut walk.writer);
            }
            // Lists, items and pictures have captions, too, which come before other text.
            "caption" => {
                walk.write_contents(node, depth);
                walk.writer.text(" ");
            }
            "footnoteref" => {
                let note = node.attribute("IDREF").and_then(|id| find(&self.root, "footnote", &id, 0));
                let words = note.as_ref().and_then(line).unwrap_or_else(|| "a note that is missing".to_owned());
                walk.writer.remark(&format!("See: {words}"));
            }
            "rendermultimedia" => {
                let referenced = node.attribute("referencedObject");
                let media = referenced.and_then(|id| find(&self.root, "observationmedia", &id, 0));
                write_media(walk, media.and_then(|media| at(&media, &["value"])).as_ref());
                walk.write_contents(node, depth);
            }
            _ => return false,
        }
        true
    }
}

/// A picture in the document. For other media, there is a note.
fn write_media<N: Node>(walk: &mut Walk<'_, N>, value: Option<&N>) {
    let media_type = value.and_then(|value| value.attribute("mediaType")).unwrap_or_default();
    let data = value.map(|value| base64_characters(&value.text())).unwrap_or_default();
    if media_type.starts_with("image/") && !data.is_empty() {
        let source = format!("data:{media_type};base64,{data}");
        walk.writer.open("img", &[("src", source), ("alt", "A picture of this document".to_owned())]);
    } else {
        walk.writer.not_shown("A picture or file is not shown here.");
    }
}

/// The element with a name and an `ID`, anywhere below a node.
fn find<N: Node>(node: &N, name: &str, id: &str, depth: usize) -> Option<N> {
    if node.name().as_deref() == Some(name) && node.attribute("ID").as_deref() == Some(id) {
        return Some(node.clone());
    }
    let children = if depth > DEEPEST { Vec::new() } else { node.children() };
    children.iter().find_map(|child| find(child, name, id, depth + 1))
}

/// Whether one of an element's style codes is this one, or contains it, such as `xStrikeThrough`.
fn has_style<N: Node>(node: &N, wanted: &str) -> bool {
    node.attribute("styleCode").is_some_and(|codes| codes.to_ascii_lowercase().contains(wanted))
}

/// The name of a person.
fn person_name<N: Node>(person: &N) -> Option<String> {
    let name = at(person, &["name"])?;
    let part = |kind: &&str| elements(&name, kind).iter().filter_map(line).collect::<Vec<_>>();
    let parts: Vec<String> = ["prefix", "given", "family", "suffix"].iter().flat_map(part).collect();
    if parts.is_empty() { line(&name) } else { Some(parts.join(" ")) }
}

/// The date of a member with a time of HL7 version 3 as its `value`, such as `20240105143000+0000`.
fn date<N: Node>(node: &N, name: &str) -> Option<String> {
    let value = at(node, &[name])?.attribute("value")?;
    let part = |from, to| value.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let parts: Vec<&str> = [part(0, 4), part(4, 6), part(6, 8)].into_iter().map_while(|part| part).collect();
    PartialDate::read(&parts.join("-")).map(PartialDate::in_words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::markup::sample::Sample;

    fn shown(body: &str) -> Page {
        let xml = format!(
            "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"
        );
        Sample::read(&xml, |root| clinical_document(&root)).unwrap()
    }

    fn narrative(text: &str) -> String {
        let html =
            shown(&format!("<component><section><title>T</title><text>{text}</text></section></component>")).html;
        html.strip_prefix("<h2>T</h2><div>").unwrap().strip_suffix("</div>").unwrap().to_owned()
    }

    #[test]
    fn l8_revisions_of_a_clinical_document_are_marked() {
        for (text, expected) in [
            (
                "<content revised=\"delete\">Penicillin</content>",
                "<small>[removed: </small><del><span>Penicillin</span></del><small>]</small>",
            ),
            (
                "<content revised=\"insert\">Rash</content>",
                "<small>[added: </small><ins><span>Rash</span></ins><small>]</small>",
            ),
            (
                "<paragraph styleCode=\"Bold Strikeout\">5</paragraph>",
                "<p><small>[crossed out: </small><s>5</s><small>]</small></p>",
            ),
            (
                "<table><tbody><tr styleCode=\"Strikeout\"><td>5</td></tr></tbody></table>",
                "<table border=\"1\" cellpadding=\"4\" cellspacing=\"0\"><tbody><tr><td><small>[crossed out: </small><s>5</s><small>]</small></td></tr></tbody></table>",
            ),
        ] {
            assert_eq!(narrative(text), expected, "{text}");
        }
    }

    #[test]
    fn l8_tables_lists_and_notes_of_a_clinical_document_stay() {
        for (text, expected) in [
            (
                "<list listType=\"ordered\"><caption>Do</caption><item>walk</item></list>",
                "<ol><strong>Do </strong><li>walk</li></ol>",
            ),
            ("<list><item><caption>1.</caption>walk</item></list>", "<ul><li><strong>1. </strong>walk</li></ul>"),
            ("H<sub>2</sub>O<br/>10<sup>9</sup>", "H<sub>2</sub>O<br>10<sup>9</sup>"),
            ("<![CDATA[a > b & c]]> d", "a &gt; b &amp; c d"),
            ("<content styleCode=\"Underline\">x</content>", "<span><u>x</u></span>"),
            (
                "x<footnoteRef IDREF=\"f\"/> <footnote ID=\"f\">later</footnote>",
                "x<small>[See: later]</small> <small>later</small>",
            ),
            ("<linkHtml href=\"https://x.example/a\">more</linkHtml>", "more (https://x.example/a)"),
            ("<renderMultiMedia referencedObject=\"no\"/>", "<small>[A picture or file is not shown here.]</small>"),
            ("<unknown>words<script>x</script></unknown>", "words"),
        ] {
            assert_eq!(narrative(text), expected, "{text}");
        }
    }

    #[test]
    fn l8_a_caption_is_kept_only_directly_in_a_table() {
        let table = "<table><caption>Blood</caption><tbody><tr><td><list><caption>Do</caption><item>walk</item></list></td><td>3</td></tr></tbody></table>";
        assert_eq!(
            narrative(table),
            "<table border=\"1\" cellpadding=\"4\" cellspacing=\"0\"><caption>Blood </caption><tbody><tr>\
             <td><ul><strong>Do </strong><li>walk</li></ul></td><td>3</td></tr></tbody></table>"
        );
    }

    #[test]
    fn l8_a_part_that_only_has_data_says_so() {
        for text in ["", "<text/>", "<text> </text>"] {
            let page = shown(&format!(
                "<component><section><title>T</title>{text}<entry><act/></entry></section></component>"
            ));
            assert!(page.html.contains("This part holds data that is not written out"), "{}", page.html);
            assert_eq!(page.remarks.len(), 1);
        }
    }

    #[test]
    fn l8_a_section_that_is_too_deep_is_reported() {
        let (open, close) = ("<component>".repeat(200), "</component>".repeat(200));
        let page = shown(&format!("{open}<section><text>words</text></section>{close}"));
        assert!(page.html.contains("A part of this document is nested too deep to be shown."), "{}", page.html);
    }

    #[test]
    fn l8_a_clinical_document_is_its_head_and_its_sections() {
        let xml = "<c:ClinicalDocument xmlns:c=\"urn:hl7-org:v3\"><c:title>Summary</c:title><c:effectiveTime value=\"20240105101500+0000\"/>\
            <c:recordTarget><c:patientRole><c:patient><c:name><c:given>Ann</c:given><c:family>Lee</c:family></c:name>\
            <c:birthTime value=\"1970\"/></c:patient></c:patientRole></c:recordTarget>\
            <c:author><c:assignedAuthor><c:assignedPerson><c:name>Dr. Wu</c:name></c:assignedPerson></c:assignedAuthor></c:author>\
            <c:component><c:structuredBody><c:component><c:section><c:title>Plan</c:title><c:text>Walk</c:text>\
            <c:entry><c:act><c:text>coded</c:text></c:act></c:entry><c:component><c:section><c:code displayName=\"Diet\"/>\
            <c:text/></c:section></c:component></c:section></c:component></c:structuredBody></c:component></c:ClinicalDocument>";
        let page = Sample::read(xml, |root| clinical_document(&root)).unwrap();
        assert_eq!(
            page.html,
            "<h1>Summary</h1><p>About Ann Lee, born 1970.</p><p>Written on January 5, 2024 by Dr. Wu.</p><h2>Plan</h2><div>Walk</div>\
             <h3>Diet</h3><p><small>[This part has no text.]</small></p><div></div>"
        );
        assert_eq!(
            Sample::read("<other><section><text>x</text></section></other>", |root| clinical_document(&root)),
            None
        );
    }

    #[test]
    fn l8_a_document_with_a_file_as_its_body_has_that_file() {
        let xml = "<ClinicalDocument><title>Letter</title><component><nonXMLBody>\
            <text mediaType=\"application/pdf\" representation=\"B64\">JVBE\n Rg==</text></nonXMLBody></component></ClinicalDocument>";
        let page = Sample::read(xml, |root| clinical_document(&root)).unwrap();
        let [file] = &page.embedded[..] else { panic!() };
        assert_eq!((file.title.as_str(), file.content_type.as_str()), ("Letter", "application/pdf"));
        assert_eq!(file.source, Source::Data("JVBERg==".into()));
        let text = xml.replace(" representation=\"B64\"", "").replace("application/pdf", "text/plain");
        let page = Sample::read(&text, |root| clinical_document(&root)).unwrap();
        assert!(page.html.contains("<pre>JVBE\n Rg==</pre>") && page.embedded.is_empty(), "{page:?}");
    }

    #[test]
    fn l8_a_picture_in_a_clinical_document_is_shown() {
        let body = "<component><section><title>T</title><text><renderMultiMedia referencedObject=\"m\"><caption>Skin</caption></renderMultiMedia></text>\
            <entry><observationMedia ID=\"m\"><value mediaType=\"image/png\" representation=\"B64\">AA==</value></observationMedia></entry></section></component>";
        let html = shown(body).html;
        assert!(
            html.contains(
                "<img src=\"data:image/png;base64,AA==\" alt=\"A picture of this document\"><strong>Skin </strong>"
            ),
            "{html}"
        );
    }
}
