//! The member `directory`: the list of providers that patients search, and the app's registrations at the servers in it.

use smartrust::client::server::Registration;
use smartrust::platform::JsonView;
use smartrust::protocol::url::Url;
use smartrust::{Failure, ServerRecord};

use super::{Choice, items, wrong};

const MEMBERS: [&str; 2] = ["index", "clients"];
const CLIENT_MEMBERS: [&str; 6] = ["match", "clientId", "scope", "redirectUri", "softwareId", "openRegistration"];

/// The list of providers, and the registrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryConfig {
    /// The URL of the list, which may be relative to the start page.
    pub index: String,
    /// The registrations. The first one that matches a server is used.
    pub clients: Vec<DirectoryClient>,
    /// `hosting.directoryOrigins`: the content security policy only allows these servers of the list; `None` for all.
    origins: Option<Vec<String>>,
}

/// The app's registration at all servers that match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryClient {
    /// What it matches, as in the configuration.
    pub matches: String,
    /// The client id.
    pub client_id: String,
    /// The scopes to request.
    pub scope: String,
    /// The redirect URI.
    pub redirect_uri: String,
    /// As [`ServerRecord::software_id`].
    pub software_id: Option<String>,
    /// As [`ServerRecord::open_registration`].
    pub open_registration: bool,
}

/// A server in the list or at an address that a patient entered, as the device remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The FHIR base.
    pub base: String,
    /// The name for patients.
    pub name: String,
    /// The city and the state; empty if they are not known.
    pub place: String,
    /// [`DirectoryClient::matches`] of its registration. The client id itself is never remembered: it is the configuration's.
    pub matches: String,
}

impl DirectoryConfig {
    /// Reads the member `directory`. The member `hosting` names the servers that the pages may connect to.
    pub(super) fn read<V: JsonView>(value: &V, hosting: Option<&V>) -> Result<Self, Failure> {
        const MEMBER: &str = "directory";
        no_other_members(value, MEMBER, &MEMBERS)?;
        let member = |name: &str| format!("{MEMBER}.{name}");
        let mut clients = Vec::new();
        for (index, client) in items(value, "clients").map_err(|_| not_an_array(&member("clients")))?.iter().enumerate()
        {
            clients.push(DirectoryClient::read(client, &format!("{MEMBER}.clients[{index}]"))?);
        }
        let index = value.member_text("index").filter(|index| !index.trim().is_empty());
        let index = index.ok_or_else(|| wrong(&member("index"), "it is missing or no text"))?;
        if index.contains("://") && !Url::parse(&index).is_ok_and(|url| url.is_confidential()) {
            return Err(wrong(&member("index"), "it is not a valid URL, or uses http to another machine"));
        }
        Ok(Self { index, clients, origins: hosting.map(read_origins).transpose()?.flatten() })
    }

    /// Whether the pages may connect to the server with this URL.
    pub fn allows(&self, url: &Url) -> bool {
        let is_origin_of = |origin: &String| pattern(origin).is_some_and(|origin| origin.matches(url));
        self.origins.as_ref().is_none_or(|origins| origins.iter().any(is_origin_of))
    }

    /// The registration at the server with this base, of the source with this name; `None` if the app is not registered there.
    pub fn client(&self, base: &Url, source: Option<&str>) -> Option<&DirectoryClient> {
        self.clients.iter().filter(|_| self.allows(base)).find(|client| match pattern(&client.matches) {
            Some(pattern) => pattern.matches(base),
            None => source == Some(client.matches.as_str()),
        })
    }

    /// The choice of an entry; `None` if the app is not registered there any more.
    pub fn choice(&self, entry: &Entry) -> Option<Choice> {
        let client = self.client_of(entry)?;
        let Entry { base, name, .. } = entry;
        let (name, label, fhir_base) = (base.clone(), name.clone(), base.clone());
        Some(Choice { name, label, scope: client.scope.clone(), fhir_base, can_be_kept: client.can_be_kept() })
    }

    /// The server record of an entry; `None` if the app is not registered there any more.
    pub fn record(&self, entry: &Entry) -> Option<ServerRecord> {
        let DirectoryClient { client_id, redirect_uri, scope, software_id, open_registration, .. } =
            self.client_of(entry)?;
        // No EHR opens the launcher with this registration.
        let issuers = Vec::<String>::new();
        let record = ServerRecord::new(&entry.base, client_id, redirect_uri, scope).name(&entry.base).issuers(issuers);
        let mut record = record.open_registration(*open_registration);
        record.software_id.clone_from(software_id);
        Some(record)
    }

    fn client_of(&self, entry: &Entry) -> Option<&DirectoryClient> {
        let base = Url::parse(&entry.base).ok().filter(|base| self.allows(base))?;
        let client = self.clients.iter().find(|client| client.matches == entry.matches)?;
        pattern(&client.matches).is_none_or(|pattern| pattern.matches(&base)).then_some(client)
    }

    pub(super) fn registrations(&self) -> impl Iterator<Item = Registration> {
        self.clients.iter().map(|client| Registration::new(&client.client_id, &client.redirect_uri))
    }
}

impl DirectoryClient {
    /// Whether a device can stay connected to its servers.
    pub fn can_be_kept(&self) -> bool {
        self.software_id.is_some() || self.open_registration
    }

    fn read<V: JsonView>(value: &V, member: &str) -> Result<Self, Failure> {
        no_other_members(value, member, &CLIENT_MEMBERS)?;
        let text = |name: &str| {
            let text = value.member_text(name).filter(|text| !text.trim().is_empty());
            text.ok_or_else(|| wrong(&format!("{member}.{name}"), "it is missing or no text"))
        };
        let (matches, redirect_uri) = (text("match")?, text("redirectUri")?);
        if matches.contains("://") && pattern(&matches).is_none() {
            let problem = "it is neither a URL, in which the host may begin with *. and the path may end with *, nor the name of a source";
            return Err(wrong(&format!("{member}.match"), problem));
        }
        if Url::parse(&redirect_uri).is_err() {
            return Err(wrong(&format!("{member}.redirectUri"), "it is not an absolute URL without a fragment"));
        }
        let software_id = value.member("softwareId").map(|_| text("softwareId")).transpose()?;
        let open_registration = value.member("openRegistration").map_or(Ok(false), |flag| {
            flag.flag().ok_or_else(|| wrong(&format!("{member}.openRegistration"), "it is neither true nor false"))
        })?;
        let (client_id, scope) = (text("clientId")?, text("scope")?);
        Ok(Self { matches, client_id, scope, redirect_uri, software_id, open_registration })
    }
}

fn no_other_members<V: JsonView>(value: &V, member: &str, known: &[&str]) -> Result<(), Failure> {
    match value.names().into_iter().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(wrong(&format!("{member}.{unknown}"), "there is no such member")),
        None => Ok(()),
    }
}

/// The member `directoryOrigins` of `hosting`; `None` if it is absent.
fn read_origins<V: JsonView>(hosting: &V) -> Result<Option<Vec<String>>, Failure> {
    const MEMBER: &str = "directoryOrigins";
    if hosting.member(MEMBER).is_none() {
        return Ok(None);
    }
    let name = format!("hosting.{MEMBER}");
    let listed = items(hosting, MEMBER).map_err(|_| not_an_array(&name))?;
    let origin = |(index, item): (usize, &V)| {
        let origin = item.text().filter(|origin| pattern(origin).is_some());
        origin.ok_or_else(|| wrong(&format!("{name}[{index}]"), "it is not an origin, such as https://fhir.example"))
    };
    listed.iter().enumerate().map(origin).collect::<Result<_, _>>().map(Some)
}

fn not_an_array(member: &str) -> Failure {
    wrong(member, "it is missing or not an array")
}

/// A URL in which the host may begin with `*.` and the path may end with `*`.
struct Pattern {
    url: Url,
    has_subdomains: bool,
    has_paths_below: bool,
}

/// Reads a pattern of URLs; `None` if it is not one.
fn pattern(text: &str) -> Option<Pattern> {
    let (scheme, rest) = text.split_once("://")?;
    let has_subdomains = rest.starts_with("*.");
    let host_and_path = rest.strip_prefix("*.").unwrap_or(rest);
    let has_paths_below = host_and_path.ends_with('*') || !host_and_path.contains('/');
    let url = format!("{scheme}://{}", host_and_path.trim_end_matches('*'));
    let url = Url::parse(&url).ok().filter(|url| url.is_confidential() && !url.as_str().contains('*'))?;
    Some(Pattern { url, has_subdomains, has_paths_below })
}

impl Pattern {
    fn matches(&self, base: &Url) -> bool {
        let own = self.url.origin().split_once("://");
        let other = base.origin().split_once("://");
        let (Some((scheme, host)), Some((other_scheme, other_host))) = (own, other) else { return false };
        let is_host = match self.has_subdomains {
            true => other_host.strip_suffix(host).is_some_and(|subdomain| subdomain.ends_with('.')),
            false => other_host == host,
        };
        let path = self.url.path();
        let is_path = match self.has_paths_below {
            true => base.path().starts_with(path),
            false => base.path().trim_end_matches('/') == path.trim_end_matches('/'),
        };
        scheme == other_scheme && is_host && is_path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use smartrust::Error;

    fn directory() -> Value {
        let client = |matches: &str, id: &str| json!({"match": matches, "clientId": id, "scope": "launch/patient patient/*.rs", "redirectUri": "https://app.example/code"});
        json!({"index": "./directory/directory.json", "clients": [
            client("https://*.example.org/fhir/*", "one"), client("https://fhir.clinic.example", "two"), client("A vendor", "three"),
        ]})
    }

    fn client_id(base: &str, source: Option<&str>) -> Option<String> {
        let config = DirectoryConfig::read(&directory(), None).unwrap();
        config.client(&Url::parse(base).unwrap(), source).map(|client| client.client_id.clone())
    }

    #[test]
    fn e17_a_server_has_the_client_id_of_its_first_match_and_of_no_other() {
        for (base, source, expected) in [
            ("https://a.example.org/fhir/r4", None, Some("one")),
            ("https://a.b.example.org/fhir/", Some("A vendor"), Some("one")),
            ("https://fhir.clinic.example/any/path", None, Some("two")),
            ("https://other.example/r4", Some("A vendor"), Some("three")),
            ("https://other.example/r4", Some("Another vendor"), None),
            ("https://other.example/r4", None, None),
            ("https://example.org/fhir/r4", None, None),
            ("https://evilexample.org/fhir/r4", None, None),
            ("https://evil.example/a.example.org/fhir/r4", None, None),
            ("https://a.example.org.evil.example/fhir/r4", None, None),
            ("https://a.example.org:8443/fhir/r4", None, None),
            ("http://fhir.clinic.example/r4", None, None),
            ("https://a.example.org/other", None, None),
        ] {
            assert_eq!(client_id(base, source).as_deref(), expected, "{base} of {source:?}");
        }
    }

    #[test]
    fn e17_a_remembered_server_gets_its_client_id_from_the_configuration() {
        let config = DirectoryConfig::read(&directory(), None).unwrap();
        let entry = |base: &str, matches: &str| Entry {
            base: base.into(),
            name: "Clinic".into(),
            place: String::new(),
            matches: matches.into(),
        };
        let record = config.record(&entry("https://other.example/r4", "A vendor")).unwrap();
        assert_eq!((record.client_id.as_str(), record.fhir_base.as_str()), ("three", "https://other.example/r4"));
        assert_eq!(record.name.as_deref(), Some("https://other.example/r4"));
        assert_eq!(record.issuers, Some(Vec::new()), "no EHR launch");
        assert!(config.record(&entry("https://other.example/r4", "A vendor of yesterday")).is_none());
        assert!(config.record(&entry("https://evil.example/r4", "https://*.example.org/fhir/*")).is_none());
        assert!(config.choice(&entry("not a URL", "A vendor")).is_none());
    }

    #[test]
    fn n1_a_server_of_the_list_can_be_kept_where_its_registration_allows_it() {
        let mut value = directory();
        value["clients"][0]["softwareId"] = json!("the-software");
        value["clients"][1]["openRegistration"] = json!(true);
        let config = DirectoryConfig::read(&value, None).unwrap();
        let found = |base: &str, matches: &str| {
            let (base, name, place, matches) = (base.into(), "Clinic".into(), String::new(), matches.into());
            let entry = Entry { base, name, place, matches };
            let record = config.record(&entry).unwrap();
            (record.software_id, record.open_registration, config.choice(&entry).unwrap().can_be_kept)
        };
        let by_software = found("https://a.example.org/fhir/r4", "https://*.example.org/fhir/*");
        assert_eq!(by_software, (Some("the-software".to_owned()), false, true));
        assert_eq!(found("https://fhir.clinic.example/r4", "https://fhir.clinic.example"), (None, true, true));
        assert_eq!(found("https://other.example/r4", "A vendor"), (None, false, false));
    }

    #[test]
    fn s13_a_server_that_the_policy_does_not_allow_is_not_set_up() {
        let hosting = json!({"directoryOrigins": ["https://*.example.org"]});
        let config = DirectoryConfig::read(&directory(), Some(&hosting)).unwrap();
        let client = |base: &str| config.client(&Url::parse(base).unwrap(), Some("A vendor")).map(|it| &*it.client_id);
        assert_eq!(client("https://a.example.org/fhir/r4"), Some("one"));
        assert_eq!(client("https://other.example/r4"), None);
        let (base, matches) = ("https://other.example/r4".into(), "A vendor".into());
        let remembered = Entry { base, name: "Clinic".into(), place: String::new(), matches };
        assert!(config.record(&remembered).is_none() && config.choice(&remembered).is_none());
        for (wrong, member) in [
            (json!("https://a.example"), "hosting.directoryOrigins"),
            (json!(["https://a.example", 7]), "hosting.directoryOrigins[1]"),
        ] {
            let hosting = json!({"directoryOrigins": wrong});
            match &*DirectoryConfig::read(&directory(), Some(&hosting)).unwrap_err() {
                Error::Configuration(error) => assert_eq!(error.member, member),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn d9_a_wrong_member_of_the_directory_is_named() {
        type Adjust = fn(&mut Value);
        let cases: [(&str, Adjust); 12] = [
            ("directory.clients[0].softwareId", |value| value["clients"][0]["softwareId"] = json!("")),
            ("directory.clients[0].openRegistration", |value| value["clients"][0]["openRegistration"] = json!("yes")),
            ("directory.index", |value| value["index"] = json!(" ")),
            ("directory.index", |value| value["index"] = json!("http://other.example/list.json")),
            ("directory.clients", |value| value["clients"] = json!("one")),
            ("directory.list", |value| value["list"] = json!("x")),
            ("directory.clients[0].match", |value| value["clients"][0]["match"] = json!("https://*.*.example/")),
            ("directory.clients[0].match", |value| value["clients"][0]["match"] = json!("http://a.example/")),
            ("directory.clients[1].clientId", |value| value["clients"][1]["clientId"] = json!("")),
            ("directory.clients[1].scope", |value| value["clients"][1]["scope"] = Value::Null),
            ("directory.clients[2].redirectUri", |value| value["clients"][2]["redirectUri"] = json!("/code")),
            ("directory.clients[2].clientid", |value| value["clients"][2]["clientid"] = json!("x")),
        ];
        for (member, adjust) in cases {
            let mut value = directory();
            adjust(&mut value);
            match &*DirectoryConfig::read(&value, None).unwrap_err() {
                Error::Configuration(error) => assert_eq!(error.member, member),
                other => panic!("{other:?}"),
            }
        }
    }
}
