//! Organization and Endpoint resources, as a Bundle has them.

use crate::fhir::identifier::Identifier;
use crate::json::{JsonView, list};
use crate::protocol::url::Url;

use super::left_out::LeftOut;
use super::model::{DirectoryEndpoint, Place};

const PORTAL: &str = "http://hl7.org/fhir/StructureDefinition/organization-portal";
const FHIR_VERSION: &str = "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version";

/// An Organization before its references are resolved.
#[derive(Clone, Debug, Default)]
pub(super) struct Organization {
    pub name: String,
    pub aliases: Vec<String>,
    pub identifiers: Vec<Identifier>,
    pub is_active: bool,
    pub website: Option<String>,
    pub places: Vec<Place>,
    pub part_of: Option<String>,
    pub endpoints: Vec<String>,
    pub portals: Vec<OrganizationPortal>,
}

/// A portal before its references are resolved.
#[derive(Clone, Debug)]
pub(super) struct OrganizationPortal {
    pub name: Option<String>,
    pub description: Option<String>,
    pub url: Option<String>,
    pub endpoints: Vec<String>,
}

/// An Endpoint before its organization is known.
#[derive(Clone, Debug)]
pub(super) struct EndpointResource {
    /// The endpoint, or why it cannot be used.
    pub endpoint: Result<DirectoryEndpoint, LeftOut>,
    /// The reference to its organization.
    pub managing_organization: Option<String>,
    /// The name of its organization, if the Endpoint has it without a reference to another resource.
    pub organization_name: Option<String>,
}

impl Organization {
    pub fn read<V: JsonView>(resource: &V) -> Self {
        Self {
            name: text(resource, "name").unwrap_or_default(),
            aliases: list(resource, "alias").iter().filter_map(|alias| plain(alias)).collect(),
            identifiers: resource.member_items("identifier").iter().filter_map(identifier).collect(),
            is_active: resource.member("active").and_then(|active| active.flag()) != Some(false),
            website: resource.member_items("telecom").iter().find_map(website),
            places: places(resource),
            part_of: reference(resource, "partOf"),
            endpoints: references(resource.member_items("endpoint")),
            portals: resource.member_items("extension").iter().filter_map(portal).collect(),
        }
    }
}

impl EndpointResource {
    pub fn read<V: JsonView>(resource: &V) -> Self {
        let organization = resource.member("managingOrganization");
        let managing_organization = reference(resource, "managingOrganization");
        let contained = managing_organization.as_deref().and_then(|reference| contained_name(resource, reference));
        Self {
            endpoint: endpoint(resource),
            organization_name: contained.or_else(|| text(&organization?, "display")),
            managing_organization,
        }
    }
}

/// A name from a contained Organization. Some lists write its id without the `#` that FHIR requires.
fn contained_name<V: JsonView>(resource: &V, reference: &str) -> Option<String> {
    let id = reference.trim_start_matches('#');
    let contained = resource.member_items("contained");
    text(contained.iter().find(|contained| contained.member_text("id").as_deref() == Some(id))?, "name")
}

fn endpoint<V: JsonView>(resource: &V) -> Result<DirectoryEndpoint, LeftOut> {
    if resource.member_text("status").is_some_and(|status| status != "active") {
        return Err(LeftOut::EndpointNotActive);
    }
    let connection = resource.member("connectionType").and_then(|connection| connection.member_text("code"));
    if connection.is_some_and(|connection| connection != "hl7-fhir-rest") {
        return Err(LeftOut::NoFhirServer);
    }
    let address = text(resource, "address").ok_or(LeftOut::AddressMissing)?;
    let fhir_base = Url::parse(&address).map_err(LeftOut::of_url)?;
    if !fhir_base.is_confidential() {
        return Err(LeftOut::AddressInsecure);
    }
    Ok(DirectoryEndpoint {
        fhir_base,
        fhir_versions: extensions(resource, FHIR_VERSION).iter().filter_map(fhir_version).collect(),
        name: text(resource, "name"),
    })
}

/// A FHIR version, such as `4.0.1`: one word.
fn fhir_version<V: JsonView>(extension: &V) -> Option<String> {
    text(extension, "valueCode").filter(|version| !version.contains(' '))
}

fn portal<V: JsonView>(extension: &V) -> Option<OrganizationPortal> {
    if extension.member_text("url").as_deref() != Some(PORTAL) {
        return None;
    }
    let string = |url: &str, member: &str| extensions(extension, url).iter().find_map(|part| text(part, member));
    Some(OrganizationPortal {
        name: string("portalName", "valueString"),
        description: string("portalDescription", "valueMarkdown").map(|markdown| without_markdown(&markdown)),
        url: string("portalUrl", "valueUrl").filter(|url| Url::parse(url).is_ok()),
        endpoints: references(
            extensions(extension, "portalEndpoint").iter().filter_map(|part| part.member("valueReference")).collect(),
        ),
    })
}

fn extensions<V: JsonView>(element: &V, url: &str) -> Vec<V> {
    let mut extensions = element.member_items("extension");
    extensions.retain(|extension| extension.member_text("url").as_deref() == Some(url));
    extensions
}

fn identifier<V: JsonView>(identifier: &V) -> Option<Identifier> {
    Some(Identifier::new(text(identifier, "system").unwrap_or_default(), text(identifier, "value")?))
}

fn website<V: JsonView>(telecom: &V) -> Option<String> {
    let is_url = telecom.member_text("system").as_deref() == Some("url");
    text(telecom, "value").filter(|value| is_url && Url::parse(value).is_ok())
}

/// The places of the addresses, each once.
fn places<V: JsonView>(resource: &V) -> Vec<Place> {
    let mut places = Vec::new();
    for address in resource.member_items("address") {
        let member = |name| text(&address, name).unwrap_or_default();
        let place = Place { city: member("city"), state: member("state"), postal_code: member("postalCode") };
        if !place.is_empty() && !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn reference<V: JsonView>(resource: &V, member: &str) -> Option<String> {
    text(&resource.member(member)?, "reference")
}

fn references<V: JsonView>(items: Vec<V>) -> Vec<String> {
    items.iter().filter_map(|item| text(item, "reference")).collect()
}

/// A string in one line, if it is not blank.
fn text<V: JsonView>(value: &V, member: &str) -> Option<String> {
    plain(&value.member_text(member)?)
}

/// A string in one line, without control characters; `None` if nothing remains.
fn plain(text: &str) -> Option<String> {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// The text of simple Markdown: links as their texts, without emphasis, headings and code.
fn without_markdown(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some((before, (label, after))) = next_link(rest) {
        text.push_str(before.trim_end_matches('!'));
        text.push_str(label);
        rest = after;
    }
    text.push_str(rest);
    text.retain(|character| !matches!(character, '*' | '_' | '`' | '#' | '>'));
    plain(&text).unwrap_or_default()
}

/// What precedes a link `[label](URL)`, its label, and what follows it.
fn next_link(text: &str) -> Option<(&str, (&str, &str))> {
    let (label_and_before, after) = text.split_once("](")?;
    let (before, label) = label_and_before.rsplit_once('[')?;
    let (_, after) = after.split_once(')')?;
    Some((before, (label, after)))
}
