//! Documents (FHIR R4, DocumentReference) and their attachments (datatypes: Attachment).

use smartrust::platform::JsonView;

use super::attached::{Contents, Declared, Form, decode, is_generic, media_type};
use super::date::PartialDate;
use super::entry::{Entry, Tag};
use super::order::ordered;
use super::phrase::after;
use super::resource::{concept, date, is_code, period, text};

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name, date and author.
    pub entry: Entry,
    /// Its attachments, which may be the same contents in several formats.
    pub attachments: Vec<Attachment>,
}

/// An attachment of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub title: String,
    /// The media type as it is written, with its parameters.
    pub content_type: String,
    /// Where its contents are.
    pub source: Source,
    /// The declared size and hash of the contents.
    pub declared: Declared,
}

/// Where an attachment's contents are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the attachment, in base64.
    Data(String),
    /// At a URL, which the session may read if it is below the FHIR base.
    Url(String),
    /// Nowhere: there is neither data nor a URL.
    Missing,
}

impl Attachment {
    /// An attachment without further data.
    pub fn new(title: impl Into<String>, content_type: &str, source: Source) -> Self {
        let declared = Declared::default();
        Self { title: title.into(), content_type: content_type.to_owned(), source, declared }
    }

    /// Reads an attachment. Its URL may point to a resource that is contained in `resource`.
    pub fn read<V: JsonView>(attachment: &V, resource: &V) -> Self {
        let named = text(attachment, "contentType");
        let (kind, source) = match (text(attachment, "data"), text(attachment, "url")) {
            (Some(data), _) => (None, Source::Data(data)),
            (None, Some(url)) => at_url(&url, resource),
            (None, None) => (None, Source::Missing),
        };
        Self {
            title: text(attachment, "title").unwrap_or_else(|| "Document".to_owned()),
            content_type: named.or(kind).unwrap_or_default(),
            source,
            declared: Declared {
                size: attachment.member("size").and_then(|size| size.number()).map(|size| size as u64),
                hash: text(attachment, "hash"),
            },
        }
    }

    /// The contents in the attachment itself; `None` if there are none or the base64 is damaged.
    pub fn contents(&self) -> Option<Contents> {
        match &self.source {
            Source::Data(base64) => Some(Contents::new(&self.content_type, decode(base64)?)),
            Source::Url(_) | Source::Missing => None,
        }
    }

    /// Contents that were loaded from the URL. The media type of the response counts, unless it is generic.
    pub fn contents_of(&self, served_as: Option<&str>, bytes: Vec<u8>) -> Contents {
        let served_as = served_as.filter(|kind| !is_generic(&media_type(kind)));
        Contents::new(served_as.unwrap_or(&self.content_type), bytes)
    }

    /// The name of its format.
    pub fn form_in_words(&self) -> &'static str {
        let media_type = media_type(&self.content_type);
        Form::of(&media_type).in_words(&media_type)
    }
}

/// Reads an Attachment without a resource; `None` if it has no contents.
pub fn attachment<V: JsonView>(attachment: &V) -> Option<Attachment> {
    Some(Attachment::read(attachment, attachment)).filter(|attachment| attachment.source != Source::Missing)
}

/// The media type and contents at a URL, which may point to a contained Binary, or be a data URL (RFC 2397).
fn at_url<V: JsonView>(url: &str, resource: &V) -> (Option<String>, Source) {
    if let Some(id) = url.strip_prefix('#') {
        let contained = resource.member_items("contained");
        let binary = contained.iter().find(|one| one.member_text("id").as_deref() == Some(id));
        let data = binary.and_then(|binary| text(binary, "data"));
        let kind = binary.and_then(|binary| text(binary, "contentType"));
        return (kind, data.map_or(Source::Missing, Source::Data));
    }
    let inline = url.split_at_checked(5).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("data:"));
    match inline.and_then(|(_, rest)| rest.split_once(";base64,")) {
        Some((kind, data)) => {
            (Some(kind.to_owned()), Source::Data(data.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")))
        }
        None => (None, Source::Url(url.to_owned())),
    }
}

/// Reads DocumentReferences, the newest first, except those that were entered in error.
pub fn documents<V: JsonView>(references: &[V]) -> Vec<Document> {
    let is_void =
        |reference: &V| ["status", "docStatus"].iter().any(|status| is_code(reference, status, &["entered-in-error"]));
    let valid = references.iter().filter(|reference| !is_void(reference));
    ordered(valid.map(document).collect(), |document| document.entry.newest_first())
}

fn document<V: JsonView>(reference: &V) -> Document {
    let attachments: Vec<Attachment> = reference
        .member_items("content")
        .iter()
        .filter_map(|content| Some(Attachment::read(&content.member("attachment")?, reference)))
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
        .tag(is_code(reference, "docStatus", &["amended"]).then(|| Tag::plain("Corrected")))
        .line(written.map(PartialDate::in_words))
        .line(kind.filter(|kind| Some(kind) != described.as_ref()))
        .line(after("By", &authors));
    Document { entry, attachments }
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
        assert_eq!(documents[0].attachments[0].content_type, "text/html; charset=utf-8");
        assert_eq!(documents[0].attachments[0].source, Source::Data("PGI+".into()));
        assert_eq!(documents[0].attachments[0].contents().unwrap().bytes, b"<b>");
    }

    fn sources(contents: Value, contained: Value) -> Vec<Source> {
        let mut elsewhere = reference("x", "2024");
        elsewhere["content"] = contents;
        elsewhere["contained"] = contained;
        let [document] = &documents(&[elsewhere])[..] else { panic!() };
        document.attachments.iter().map(|attachment| attachment.source.clone()).collect()
    }

    #[test]
    fn l8_the_contents_may_be_elsewhere_or_missing() {
        let contents = json!([{"attachment": {"url": "Binary/1"}}, {"attachment": {"title": "gone"}}, {}]);
        assert_eq!(sources(contents, json!([])), [Source::Url("Binary/1".into()), Source::Missing]);
    }

    #[test]
    fn l8_contents_in_the_resource_itself_or_in_the_url_need_no_request() {
        let contents = json!([{"attachment": {"url": "#b"}}, {"attachment": {"url": "#c"}},
            {"attachment": {"url": "Data:text/plain;charset=utf-8;base64,YQ=="}}]);
        let contained = json!([{"resourceType": "Binary", "id": "b", "contentType": "text/plain", "data": "YQ=="}]);
        assert_eq!(
            sources(contents, contained),
            [Source::Data("YQ==".into()), Source::Missing, Source::Data("YQ==".into())]
        );
    }

    #[test]
    fn fhir_r4_void_documents_are_left_out_and_old_ones_are_marked() {
        let with = |status: &str| {
            let mut reference = reference("x", "2024");
            reference["status"] = json!(status);
            reference
        };
        let mut void = reference("x", "2024");
        void["docStatus"] = json!("entered-in-error");
        let documents = documents(&[with("entered-in-error"), void, with("superseded"), json!({})]);
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].entry.tags[0].words, "Replaced by a newer one");
        assert_eq!(documents[1].entry.title, "A document without a name");
    }

    #[test]
    fn l8_the_servers_media_type_is_used_unless_it_is_generic() {
        let attachment = Attachment::new("x", "text/html; charset=utf-8", Source::Url("Binary/1".into()));
        for (served_as, media_type) in [
            (Some("application/pdf"), "application/pdf"),
            (Some("application/octet-stream"), "text/html"),
            (Some(""), "text/html"),
            (None, "text/html"),
        ] {
            assert_eq!(attachment.contents_of(served_as, Vec::new()).media_type, media_type, "{served_as:?}");
        }
    }
}
