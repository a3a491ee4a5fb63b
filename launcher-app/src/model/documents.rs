//! Documents (FHIR R4, DocumentReference) and what is in them (datatypes: Attachment).

use smartrust::platform::JsonView;

use super::date::PartialDate;
use super::entry::{Entry, Tag};
use super::order::ordered;
use super::resource::{after, concept, date, is_code, period, text};

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is called, when it was written and by whom.
    pub entry: Entry,
    /// What is in it, the same in several forms perhaps.
    pub attachments: Vec<Attachment>,
}

/// One form of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is called.
    pub title: String,
    /// The media type, without parameters, in lower case.
    pub content_type: String,
    /// Where its contents are.
    pub source: Source,
}

/// Where an attachment's contents are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Here, in base64.
    Data(String),
    /// At an address, which the session may read if it is the clinic's own.
    Address(String),
}

/// How contents can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As text.
    Text,
    /// As a page.
    Page,
    /// As a picture.
    Picture,
    /// As the words of a clinical document in XML (C-CDA).
    ClinicalDocument,
    /// Not here; it can be saved.
    File,
}

impl Attachment {
    /// How it can be shown.
    pub fn form(&self) -> Form {
        match self.content_type.as_str() {
            "text/html" | "application/xhtml+xml" => Form::Page,
            "text/xml" | "application/xml" | "application/hl7-cda+xml" | "application/hl7-sda+xml" => {
                Form::ClinicalDocument
            }
            "image/svg+xml" | "image/png" | "image/jpeg" | "image/gif" | "image/webp" => Form::Picture,
            other if other.starts_with("text/") && other != "text/rtf" => Form::Text,
            _ => Form::File,
        }
    }

    /// The attachment with its contents, which lay elsewhere (FHIR R4, Binary).
    pub fn with<V: JsonView>(&self, binary: &V) -> Self {
        let content_type = text(binary, "contentType").map(|written| media_type(&written));
        Self {
            title: self.title.clone(),
            content_type: content_type.unwrap_or_else(|| self.content_type.clone()),
            source: Source::Data(binary.member_text("data").unwrap_or_default()),
        }
    }

    /// What its form is called.
    pub fn form_in_words(&self) -> &'static str {
        match self.form() {
            Form::Text => "Text",
            Form::Page => "Page",
            Form::Picture => "Picture",
            Form::ClinicalDocument => "Clinical document",
            Form::File if self.content_type == "application/pdf" => "PDF file",
            Form::File => "File",
        }
    }
}

/// Reads DocumentReferences, the newest first. What was entered in error is left out.
pub fn documents<V: JsonView>(references: &[V]) -> Vec<Document> {
    let valid = references.iter().filter(|reference| !is_code(*reference, "status", &["entered-in-error"]));
    ordered(valid.map(document).collect(), |document| document.entry.newest_first())
}

fn document<V: JsonView>(reference: &V) -> Document {
    let attachments: Vec<Attachment> = reference
        .member_items("content")
        .iter()
        .filter_map(|content| attachment(&content.member("attachment")?))
        .collect();
    let kind = concept(reference, "type");
    let described = text(reference, "description").or_else(|| kind.clone());
    let title = described.clone().or_else(|| attachments.first().map(|attachment| attachment.title.clone()));
    let written = date(reference, "date")
        .or_else(|| reference.member("context").and_then(|context| period(&context, "period").0));
    let authors: Vec<String> =
        reference.member_items("author").iter().filter_map(|author| text(author, "display")).collect();
    let entry = Entry::new(title.unwrap_or_else(|| "A document without a name".to_owned()), written)
        .tag(is_code(reference, "status", &["superseded"]).then(|| Tag::plain("Replaced by a newer one")))
        .tag(is_code(reference, "docStatus", &["preliminary"]).then(|| Tag::plain("Not final")))
        .line(written.map(PartialDate::in_words))
        .line(kind.filter(|kind| Some(kind) != described.as_ref()))
        .line(after("By", &authors));
    Document { entry, attachments }
}

/// Reads an Attachment; `None` where it has no contents.
pub fn attachment<V: JsonView>(attachment: &V) -> Option<Attachment> {
    let source = match (text(attachment, "data"), text(attachment, "url")) {
        (Some(data), _) => Source::Data(data),
        (None, Some(address)) => Source::Address(address),
        (None, None) => return None,
    };
    Some(Attachment {
        title: text(attachment, "title").unwrap_or_else(|| "Document".to_owned()),
        content_type: media_type(&text(attachment, "contentType").unwrap_or_default()),
        source,
    })
}

/// A media type without its parameters.
fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn reference(description: &str, date: &str) -> Value {
        json!({
            "status": "current", "description": description, "date": date,
            "type": {"text": "Progress note"}, "author": [{"display": "Dr. Lee"}],
            "content": [{"attachment": {"contentType": "text/html; charset=utf-8", "data": "PGI+", "title": "Note"}}],
        })
    }

    #[test]
    fn fhir_r4_documents_have_title_date_author_and_contents_the_newest_first() {
        let documents = documents(&[reference("Old", "2020-01-01"), reference("New", "2024-01-01T08:00:00Z")]);
        let titles: Vec<_> = documents.iter().map(|document| document.entry.title.as_str()).collect();
        assert_eq!(titles, ["New", "Old"]);
        assert_eq!(documents[0].entry.lines, ["January 1, 2024", "Progress note", "By Dr. Lee"]);
        assert_eq!(documents[0].attachments[0].content_type, "text/html");
        assert_eq!(documents[0].attachments[0].source, Source::Data("PGI+".into()));
    }

    #[test]
    fn fhir_r4_the_contents_may_lie_elsewhere_or_be_missing() {
        let mut elsewhere = reference("x", "2024");
        elsewhere["content"] = json!([{"attachment": {"url": "Binary/1"}}, {"attachment": {"title": "gone"}}, {}]);
        let [document] = &documents(&[elsewhere])[..] else { panic!() };
        assert_eq!(document.attachments.len(), 1);
        assert_eq!(document.attachments[0].source, Source::Address("Binary/1".into()));
    }

    #[test]
    fn fhir_r4_void_documents_are_left_out_and_old_ones_are_marked() {
        let with = |status: &str| {
            let mut reference = reference("x", "2024");
            reference["status"] = json!(status);
            reference
        };
        let documents = documents(&[with("entered-in-error"), with("superseded"), json!({})]);
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].entry.tags[0].words, "Replaced by a newer one");
        assert_eq!(documents[1].entry.title, "A document without a name");
    }

    #[test]
    fn fhir_r4_a_binary_says_itself_what_it_is() {
        let [document] = &documents(&[reference("x", "2024")])[..] else { panic!() };
        let read = document.attachments[0].with(&json!({"contentType": "application/pdf", "data": "JVBERg=="}));
        assert_eq!((read.content_type.as_str(), read.source), ("application/pdf", Source::Data("JVBERg==".into())));
        assert_eq!(document.attachments[0].with(&json!({})).content_type, "text/html");
    }

    #[test]
    fn a_form_is_chosen_by_the_media_type() {
        for (given, form) in [
            ("Text/HTML; charset=utf-8", Form::Page),
            ("image/svg+xml", Form::Picture),
            ("application/hl7-cda+xml", Form::ClinicalDocument),
            ("text/plain", Form::Text),
            ("text/rtf", Form::File),
            ("application/pdf", Form::File),
            ("", Form::File),
        ] {
            let attachment = Attachment {
                title: String::new(),
                content_type: media_type(given),
                source: Source::Data(String::new()),
            };
            assert_eq!(attachment.form(), form, "{given}");
        }
    }
}
