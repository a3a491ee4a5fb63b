//! `launcher.config.json`: the launcher's title and the servers that it works with.

mod directory;

use std::collections::BTreeMap;

use smartrust::error::ConfigurationError;
use smartrust::platform::{JsonView, Platform};
use smartrust::{Error, Failure, ServerRecord, SmartApp, SmartAppConfig};

pub use directory::{DirectoryClient, DirectoryConfig, Entry};

use crate::model::idle::{IdleLimit, LONGEST_MINUTES};

/// `hosting` is for the build, which writes the site's pages and headers; of it, pages only read which servers of a list they may connect to.
const MEMBERS: [&str; 6] = ["title", "connect", "servers", "directory", "hosting", "idleMinutes"];

/// From this number of clinics on, the start page has a search field.
pub const SEARCHED_FROM: usize = 6;

/// The launcher's configuration.
#[derive(Clone, Debug)]
pub struct LauncherConfig {
    /// The launcher's title.
    pub title: String,
    /// The servers that patients can connect to, in the order of the home page.
    pub connect: Vec<Choice>,
    /// The list of providers that patients search.
    pub directory: Option<DirectoryConfig>,
    /// Whether other servers open the launcher from a chart.
    pub opens_from_charts: bool,
    /// The minutes without use until sessions end, by server name; 0 for never.
    idle_minutes: BTreeMap<String, f64>,
    /// The configuration for the SDK.
    pub app: SmartAppConfig,
}

/// A server that a patient can connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name in the configuration.
    pub name: String,
    /// Its name for patients.
    pub label: String,
    /// The scopes to request.
    pub scope: String,
    /// Its FHIR base.
    pub fhir_base: String,
    /// Whether a device can stay connected to it.
    pub can_be_kept: bool,
}

impl LauncherConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member that is missing, wrong or unknown, such as `servers[1].scope`.
    pub fn read<V: JsonView>(value: &V) -> Result<Self, Failure> {
        if let Some(unknown) = value.names().into_iter().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(wrong(&unknown, "no such member exists"));
        }
        let servers = items(value, "servers")?;
        let (mut records, mut connect) = (Vec::new(), Vec::new());
        for (index, server) in servers.iter().enumerate() {
            records.push(record(index, server)?);
        }
        for (index, name) in items(value, "connect")?.iter().enumerate() {
            connect.push(choice(index, name, &servers)?);
        }
        let is_offered =
            |record: &ServerRecord| connect.iter().any(|choice| record.name.as_ref() == Some(&choice.name));
        let (directory, hosting) = (value.member("directory"), value.member("hosting"));
        let directory = directory.map(|directory| DirectoryConfig::read(&directory, hosting.as_ref())).transpose()?;
        let mut app = SmartAppConfig::new(records.clone());
        app.registrations.extend(directory.iter().flat_map(DirectoryConfig::registrations));
        Ok(Self {
            title: value.member_text("title").ok_or_else(|| wrong("title", "it is missing or no text"))?,
            opens_from_charts: !records.iter().all(is_offered),
            idle_minutes: idle_minutes(value, &records)?,
            connect,
            directory,
            app,
        })
    }

    /// The SDK's app with the servers of this configuration.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the server and its member that is wrong.
    pub fn app<P: Platform>(&self, platform: P) -> Result<SmartApp<P>, Failure> {
        let alone = |record: &ServerRecord| SmartApp::new(platform.clone(), SmartAppConfig::new([record.clone()]));
        SmartApp::new(platform.clone(), self.app.clone()).map_err(|failure| {
            let position = self.app.servers.iter().position(|record| alone(record).is_err());
            match (&*failure, position) {
                (Error::Configuration(found), Some(position)) => {
                    wrong(&format!("servers[{position}].{}", found.member), &found.problem)
                }
                _ => failure,
            }
        })
    }

    /// Whether a patient started the session on the home page. A session from a chart is not for patients, even if patients can
    /// connect to the same server. Servers of the directory are for patients only.
    pub fn is_for_patients(&self, server: Option<&str>, is_from_chart: bool) -> bool {
        let Some(server) = server.filter(|_| !is_from_chart) else { return false };
        let is_configured = || self.app.servers.iter().any(|record| record.name.as_deref() == Some(server));
        self.connect.iter().any(|choice| choice.name == server) || (self.directory.is_some() && !is_configured())
    }

    /// After how long without use a session ends: as configured, otherwise 15 minutes for sessions from a chart, and never for
    /// patients.
    pub fn idle_limit(&self, server: Option<&str>, is_from_chart: bool) -> Option<IdleLimit> {
        let configured = server.and_then(|server| self.idle_minutes.get(server).copied());
        IdleLimit::of(configured, self.is_for_patients(server, is_from_chart))
    }

    /// The scopes of the first server that patients can connect to.
    pub fn usual_scope(&self) -> &str {
        let of_list = || self.directory.as_ref()?.clients.first().map(|client| &client.scope);
        self.connect.first().map(|choice| &choice.scope).or_else(of_list).map_or("", String::as_str)
    }

    /// Whether patients start on the home page.
    pub fn is_open_to_patients(&self) -> bool {
        !self.connect.is_empty() || self.directory.is_some()
    }

    /// Whether a device can stay connected to some of the servers.
    pub fn can_keep(&self) -> bool {
        self.connect.iter().any(|choice| choice.can_be_kept)
            || self.directory.iter().flat_map(|list| &list.clients).any(DirectoryClient::can_be_kept)
    }

    /// A server's name for people.
    pub fn label(&self, server: Option<&str>) -> Option<&str> {
        self.connect.iter().find(|choice| Some(choice.name.as_str()) == server).map(|choice| choice.label.as_str())
    }
}

fn items<V: JsonView>(value: &V, member: &str) -> Result<Vec<V>, Failure> {
    let list = value.member(member).ok_or_else(|| wrong(member, "it is missing"))?;
    list.items().ok_or_else(|| wrong(member, "it is not an array"))
}

fn record<V: JsonView>(index: usize, server: &V) -> Result<ServerRecord, Failure> {
    let record = ServerRecord::read(server).map_err(|failure| match &*failure {
        Error::Configuration(error) => wrong(&format!("servers[{index}].{}", error.member), &error.problem),
        _ => failure,
    })?;
    match record.name {
        Some(_) => Ok(record),
        None => Err(wrong(&format!("servers[{index}].name"), "it is missing")),
    }
}

fn choice<V: JsonView>(index: usize, name: &V, servers: &[V]) -> Result<Choice, Failure> {
    let member = format!("connect[{index}]");
    let name = name.text().ok_or_else(|| wrong(&member, "it is not a text"))?;
    let position = servers.iter().position(|server| server.member_text("name").as_ref() == Some(&name));
    let Some((position, server)) = position.and_then(|position| Some((position, servers.get(position)?))) else {
        return Err(wrong(&member, "no server has this name"));
    };
    let label = server.member_text("label").filter(|label| !label.trim().is_empty());
    let label =
        label.ok_or_else(|| wrong(&format!("servers[{position}].label"), "it is missing; patients choose by it"))?;
    let member = |name: &str| server.member_text(name).unwrap_or_default();
    let registers_all = server.member("openRegistration").and_then(|member| member.flag());
    let can_be_kept = server.member("softwareId").is_some() || registers_all == Some(true);
    Ok(Choice { name, label, scope: member("scope"), fhir_base: member("fhirBase"), can_be_kept })
}

/// `idleMinutes`: an object with server names and minutes.
fn idle_minutes<V: JsonView>(value: &V, records: &[ServerRecord]) -> Result<BTreeMap<String, f64>, Failure> {
    let Some(minutes) = value.member("idleMinutes") else { return Ok(BTreeMap::new()) };
    let read = |name: String| {
        let member = format!("idleMinutes.{name}");
        if records.iter().all(|record| record.name.as_ref() != Some(&name)) {
            return Err(wrong(&member, "no server has this name"));
        }
        match minutes.member(&name).and_then(|minutes| minutes.number()) {
            Some(minutes) if minutes == 0.0 || (1.0..=LONGEST_MINUTES).contains(&minutes) => Ok((name, minutes)),
            _ => Err(wrong(&member, "it is not a number of minutes from 1 to 1440, or 0 for never")),
        }
    };
    if minutes.text().is_some() || minutes.number().is_some() || minutes.items().is_some() {
        return Err(wrong("idleMinutes", "it must be an object whose members are names of servers"));
    }
    minutes.names().into_iter().map(read).collect()
}

/// The error for a member of the configuration.
pub fn wrong(member: &str, problem: &str) -> Failure {
    Error::Configuration(Box::new(ConfigurationError { member: member.to_owned(), problem: problem.to_owned() })).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use smartrust::SmartApp;
    use smartrust::memory::{Reply, World};

    fn committed() -> Value {
        serde_json::from_str(include_str!("../launcher.config.json")).unwrap()
    }

    fn wrong_member(adjust: impl FnOnce(&mut Value)) -> Option<String> {
        let mut config = committed();
        adjust(&mut config);
        match LauncherConfig::read(&config) {
            Ok(_) => None,
            Err(failure) => match &*failure {
                Error::Configuration(error) => Some(error.member.clone()),
                other => panic!("{other:?}"),
            },
        }
    }

    #[test]
    fn the_committed_configuration_offers_the_portal_and_trusts_the_chart() {
        let config = LauncherConfig::read(&committed()).unwrap();
        assert_eq!(config.connect.iter().map(|choice| choice.name.as_str()).collect::<Vec<_>>(), ["portal"]);
        assert!(config.opens_from_charts);
        assert!(config.is_for_patients(Some("portal"), false));
        assert!(!config.is_for_patients(Some("chart"), false) && !config.is_for_patients(None, false));
        assert!(SmartApp::new(World::new(0.0, |_| Reply::offline()).tab("http://localhost:8080/"), config.app).is_ok());
    }

    #[test]
    fn d9_a_wrong_member_is_named_with_its_place() {
        assert_eq!(wrong_member(|_| {}), None);
        type Adjust = fn(&mut Value);
        let cases: [(&str, Adjust); 9] = [
            ("title", |config| config["title"] = Value::Null),
            ("colour", |config| config["colour"] = json!("red")),
            ("servers", |config| config["servers"] = json!({})),
            ("connect", |config| config["connect"] = json!("portal")),
            ("connect[0]", |config| config["connect"] = json!(["elsewhere"])),
            ("servers[0].label", |config| config["servers"][0]["label"] = Value::Null),
            ("servers[1].name", |config| config["servers"][1]["name"] = Value::Null),
            ("servers[1].scope", |config| config["servers"][1]["scope"] = json!(7)),
            ("servers[0].clientid", |config| config["servers"][0]["clientid"] = json!("x")),
        ];
        for (member, adjust) in cases {
            assert_eq!(wrong_member(adjust).as_deref(), Some(member));
        }
    }

    #[test]
    fn l11_the_time_without_use_is_set_by_server_and_has_a_default() {
        let mut config = committed();
        let limit = |config: &Value, server| LauncherConfig::read(config).unwrap().idle_limit(Some(server), false);
        assert_eq!(limit(&config, "chart"), IdleLimit::minutes(15.0));
        assert_eq!(limit(&config, "portal"), None);
        config["idleMinutes"] = json!({"chart": 5, "portal": 30});
        assert_eq!(limit(&config, "chart"), IdleLimit::minutes(5.0));
        assert_eq!(limit(&config, "portal"), IdleLimit::minutes(30.0));
        config["idleMinutes"] = json!({"chart": 0});
        assert_eq!(limit(&config, "chart"), None);
        for (wrong, member) in [
            (json!({"nobody": 5}), "idleMinutes.nobody"),
            (json!({"chart": "5"}), "idleMinutes.chart"),
            (json!({"chart": 0.5}), "idleMinutes.chart"),
            (json!({"chart": 1441}), "idleMinutes.chart"),
            (json!({"chart": -1}), "idleMinutes.chart"),
            (json!(5), "idleMinutes"),
            (json!([5]), "idleMinutes"),
        ] {
            assert_eq!(
                wrong_member(|config| config["idleMinutes"] = wrong.clone()).as_deref(),
                Some(member),
                "{wrong}"
            );
        }
    }

    #[test]
    fn l11_a_session_from_a_chart_has_a_limit_though_patients_connect_to_the_same_server() {
        let config = LauncherConfig::read(&committed()).unwrap();
        assert_eq!(config.idle_limit(Some("portal"), true), IdleLimit::minutes(15.0));
        assert!(!config.is_for_patients(Some("portal"), true));
        assert_eq!(config.idle_limit(Some("portal"), false), None);
    }

    #[test]
    fn e17_a_directory_alone_is_enough_and_its_servers_are_for_patients() {
        let mut config = committed();
        config["connect"] = json!([]);
        config["servers"] = json!([]);
        config["directory"] = json!({"index": "list.json", "clients": [{
            "match": "A vendor", "clientId": "app", "scope": "launch/patient", "redirectUri": "http://localhost:8080/code"}]});
        let read = LauncherConfig::read(&config).unwrap();
        assert!(read.app(World::new(0.0, |_| Reply::offline()).tab("http://localhost:8080/")).is_ok());
        assert!(read.is_for_patients(Some("https://fhir.example.org/r4"), false));
        assert!(!read.opens_from_charts);
        let with_chart = LauncherConfig::read(&committed()).unwrap();
        assert!(!with_chart.is_for_patients(Some("chart"), false));
        assert_eq!(with_chart.idle_limit(Some("http://localhost:9080/other"), false), None);
    }

    #[test]
    fn a_configuration_must_be_an_object() {
        for value in [json!(null), json!("x"), json!([])] {
            assert!(LauncherConfig::read(&value).is_err(), "{value}");
        }
    }
}
