use serde_json::{Value, json};
use smartrust::fhir::directory::{Directory, DirectoryReader, SearchInSteps, Source};
use smartrust::protocol::finding::Finding;

use super::address::{self, Outcome};
use super::words::{ListState, coverage, status};
use super::*;

const BASE: &str = "http://localhost:9080/webchart.cgi/fhir";

fn config() -> LauncherConfig {
    let mut config: Value = serde_json::from_str(include_str!("../../../launcher.config.json")).unwrap();
    config["directory"] = json!({"index": "list.json", "clients": [
        {"match": "A vendor", "clientId": "app", "scope": "launch/patient patient/*.rs", "redirectUri": "http://localhost:8080/code"},
        {"match": "https://*.pattern.example", "clientId": "other", "scope": "openid", "redirectUri": "http://localhost:8080/code"},
    ]});
    LauncherConfig::read(&config).unwrap()
}

fn portal(name: &str, url: &str, endpoint: &str) -> Value {
    json!({"url": "http://hl7.org/fhir/StructureDefinition/organization-portal", "extension": [
        {"url": "portalName", "valueString": name}, {"url": "portalUrl", "valueUrl": url},
        {"url": "portalEndpoint", "valueReference": {"reference": format!("Endpoint/{endpoint}")}}]})
}

fn brand(id: &str, name: &str, city: &str, members: Value) -> [Value; 2] {
    let mut organization = json!({"resourceType": "Organization", "id": id, "name": name,
        "address": [{"city": city, "state": "WI"}], "endpoint": [{"reference": format!("Endpoint/{id}")}]});
    organization.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let endpoint = json!({"resourceType": "Endpoint", "id": id, "address": format!("https://fhir.{id}.example/r4")});
    [organization, endpoint].map(|resource| json!({"resource": resource}))
}

/// Two sources: at the first one the app is registered.
fn directory() -> Directory {
    let mut reader = DirectoryReader::new();
    reader.start(Source::new("A vendor").date("2026-11-01T08:00:00Z"));
    let mut entries: Vec<Value> = brand("mercy", "Mercy <b>Health</b>", "Madison", json!({})).into();
    for number in 0..41 {
        let city = if number < 3 { "Springfield" } else { "Eau Claire" };
        entries.push(json!({"resource": {"resourceType": "Organization", "id": format!("p{number}"), "name": format!("Place {number}"),
            "partOf": {"reference": "Organization/mercy"}, "address": [{"city": city, "state": "WI"}]}}));
    }
    let portals = json!({"extension": [portal("Adults", "https://my.two.example/in", "two"), portal("Children", "https://kids.two.example/", "kids")]});
    entries.extend(brand("two", "Two Portals", "Racine", portals));
    entries.push(
        json!({"resource": {"resourceType": "Endpoint", "id": "kids", "address": "https://fhir.kids.example/r4"}}),
    );
    entries.extend(brand("riverbend", "Riverbend", "Madison", json!({})));
    entries.extend(brand(
        "riverbend2",
        "Riverbend",
        "Janesville",
        json!({"telecom": [{"system": "url", "value": "https://riverbend.example"}]}),
    ));
    entries.push(json!({"resource": {"resourceType": "Endpoint", "name": "The sandbox", "address": BASE}}));
    reader.read_bundle(&json!({"resourceType": "Bundle", "entry": entries}));
    reader.start(Source::new("Another vendor"));
    reader.read_bundle(
        &json!({"resourceType": "Bundle", "entry": brand("foreign", "Foreign Clinic", "Madison", json!({}))}),
    );
    reader.finish()
}

fn find_with(words: &str, recent: &[Entry]) -> Found {
    let directory = directory();
    let mut search = SearchInSteps::new(words);
    while !search.step(&directory, 7) {}
    let (matches, total) = search.finish(&directory, SHOWN);
    Found::of_search(words, (&matches, total), Some(&directory), recent, &config())
}

fn find(words: &str) -> Vec<Clinic> {
    find_with(words, &[]).clinics
}

fn entry(base: &str) -> Entry {
    Entry { base: base.into(), name: "Riverbend".into(), place: "Madison, WI".into(), matches: "A vendor".into() }
}

#[test]
fn e9_the_places_of_a_brand_are_one_card_that_says_which_place_matched() {
    let [mercy] = &find("springfield")[..] else { panic!() };
    assert_eq!(mercy.name, "Mercy <b>Health</b>", "texts are text");
    assert_eq!(mercy.lines, ["Place 0, Springfield, WI", "fhir.mercy.example", "Matched 3 of 42 places"]);
}

#[test]
fn e10_equal_names_are_told_apart_by_place_and_host() {
    let lines: Vec<_> = find("riverbend").into_iter().map(|clinic| (clinic.name, clinic.lines)).collect();
    assert_eq!(
        lines,
        [
            ("Riverbend".to_owned(), vec!["Madison, WI".to_owned(), "fhir.riverbend.example".to_owned()]),
            ("Riverbend".to_owned(), vec!["Janesville, WI".to_owned(), "riverbend.example".to_owned()]),
        ]
    );
}

#[test]
fn e5_each_portal_is_a_way_to_connect() {
    let [two] = &find("two portals")[..] else { panic!() };
    let ways: Vec<_> = two.ways.iter().map(|way| (way.portal.as_deref(), way.choice.name.as_str())).collect();
    assert_eq!(
        ways,
        [(Some("Adults"), "https://fhir.two.example/r4"), (Some("Children"), "https://fhir.kids.example/r4")]
    );
    assert_eq!(find("place")[0].ways[0].portal, None, "the only portal needs no name");
}

#[test]
fn e17_a_clinic_without_a_client_id_is_shown_and_cannot_be_chosen() {
    let [foreign] = &find("foreign")[..] else { panic!() };
    assert!(!foreign.is_set_up());
    let [mercy] = &find("place")[..] else { panic!() };
    assert!(mercy.is_set_up());
    assert_eq!(mercy.ways[0].choice.scope, "launch/patient patient/*.rs");
    assert_eq!(mercy.ways[0].entry.as_ref().unwrap().matches, "A vendor");
}

#[test]
fn e17_a_server_of_the_configuration_keeps_its_own_registration() {
    let [sandbox] = &find("sandbox")[..] else { panic!("once, by the list's name: {:?}", find("sandbox")) };
    assert_eq!((sandbox.ways[0].choice.name.as_str(), &sandbox.ways[0].entry), ("portal", &None));
    // The list has another name for it.
    let [configured] = &find("sandbox clinic")[..] else { panic!() };
    assert_eq!(configured, &Clinic::configured(&config().connect[0]));
}

#[test]
fn e15_clinics_that_were_used_come_first() {
    let recent = [entry("https://fhir.riverbend2.example/r4/")];
    let places: Vec<_> =
        find_with("riverbend", &recent).clinics.into_iter().map(|clinic| clinic.lines[0].clone()).collect();
    assert_eq!(places, ["Janesville, WI", "Madison, WI"]);
    let first = &Found::without_search(&recent, &config()).clinics[0];
    assert_eq!(first.lines, ["Madison, WI", "fhir.riverbend2.example"]);
    let gone = Entry { matches: "No vendor".into(), ..entry("https://fhir.gone.example/r4") };
    let offered = Found::without_search(&[gone], &config());
    assert_eq!(offered.clinics, [Clinic::configured(&config().connect[0])]);
}

#[test]
fn e15_the_last_five_are_remembered_by_base_each_once() {
    let mut entries = Vec::new();
    for number in [1, 2, 3, 4, 5, 6, 4] {
        recent::remember(&mut entries, entry(&format!("https://fhir.example.org/{number}")), recent::OFFERED);
    }
    recent::remember(&mut entries, entry("https://fhir.example.org/6/"), recent::OFFERED);
    let text = recent::write(&entries);
    assert_eq!(recent::read(&text), entries);
    let bases: Vec<_> = entries.iter().map(|entry| entry.base.rsplit("org/").next().unwrap()).collect();
    assert_eq!(bases, ["6/", "4", "5", "3", "2"]);
    for damaged in ["", "\n\n", "https://fhir.example.org", "a\tb\tc\td\te", "\tname\t\tmatch"] {
        assert_eq!(recent::read(damaged), [], "{damaged:?}");
    }
}

#[test]
fn e11_nothing_found_says_so_with_what_the_list_covers_and_its_date() {
    let directory = directory();
    // 2026-11-01 is day 20,758 since 1970-01-01.
    let made = 20_758.0 * 86_400.0;
    let old = coverage(&directory, made + 31.0 * 86_400.0);
    assert!(old.ends_with(" It is more than a month old, so some clinics may be missing."), "{old}");
    let coverage = coverage(&directory, made + 29.0 * 86_400.0);
    assert_eq!(coverage, "The list has 6 clinics with 46 places, from A vendor (November 1, 2026) and Another vendor.");
    let words = status("xyz", &Found::default(), ListState::Complete, &coverage);
    assert!(words.starts_with("Nothing found for “xyz”. The list has 6 clinics"), "{words}");
    assert!(words.contains("web address"), "{words}");
}

#[test]
fn e9_never_more_than_twenty_and_the_city_narrows_down() {
    let found = Found { clinics: Vec::new(), total: 4_212 };
    let words = status("clinic", &found, ListState::Complete, "");
    assert_eq!(words, "4,212 clinics found. These are the first 20: add your city to see fewer.");
    let mut reader = DirectoryReader::new();
    reader.start(Source::new("A vendor"));
    let entries: Vec<Value> = (0..30)
        .flat_map(|number| brand(&format!("b{number}"), &format!("Clinic {number}"), "Madison", json!({})))
        .collect();
    reader.read_bundle(&json!({"resourceType": "Bundle", "entry": entries}));
    let directory = reader.finish();
    let (matches, total) = directory.search_all("clinic", SHOWN);
    let found = Found::of_search("clinic", (&matches, total), Some(&directory), &[], &config());
    assert_eq!((found.clinics.len(), found.total), (20, 31), "with the one of the configuration");
}

#[test]
fn e12_the_words_say_what_is_not_there_yet() {
    let none = Found::default();
    let one = Found { clinics: Vec::new(), total: 1 };
    for (found, state, words) in [
        (&none, ListState::Loading, "The list of clinics is loading. The search starts as soon as it is here."),
        (&none, ListState::Brands, "Nothing found yet. Some places are still loading."),
        (&one, ListState::Complete, "1 clinic found."),
        (
            &one,
            ListState::WithoutPlaces,
            "1 clinic found. Some places could not be loaded, so your clinic may be missing.",
        ),
        (
            &none,
            ListState::Failed,
            "The list of clinics could not be loaded. You can enter your clinic's web address below.",
        ),
    ] {
        assert_eq!(status("mercy", found, state, ""), words);
    }
    assert_eq!(status(" ", &none, ListState::Loading, ""), "");
    assert!(status("", &none, ListState::Failed, "").contains("could not be loaded"));
}

#[test]
fn e13_an_address_is_read_as_people_write_it() {
    for (text, url) in [
        ("portal.clinic.example", Some("https://portal.clinic.example/")),
        ("  https://fhir.clinic.example/r4/?a=b#c ", Some("https://fhir.clinic.example/r4/")),
        ("http://localhost:9080/webchart.cgi/fhir", Some(BASE)),
        ("http://clinic.example/", None),
        ("mercy", None),
        ("mercy springfield", None),
        ("", None),
        ("javascript:alert(1)", None),
        ("https://user:password@clinic.example/", None),
    ] {
        assert_eq!(address::read(text).as_ref().map(Url::as_str), url, "{text}");
    }
}

#[test]
fn e13_an_address_outside_of_the_list_is_explained_and_connects_only_with_a_client_id() {
    let url = Url::parse("https://fhir.clinic.example/r4").unwrap();
    let finding = |code, message: &str| Finding::new(code, message, "section");
    let deviation = || finding("empty_issuer", "The issuer is empty.");
    let missing = || {
        finding(
            "missing_document",
            "https://fhir.clinic.example/r4/.well-known/smart-configuration could not be read: status 404",
        )
    };
    let no_openid = || {
        finding(
            "missing_document",
            "https://fhir.clinic.example/r4/.well-known/openid-configuration could not be read: status 404",
        )
    };
    let clinic = || Some(Clinic::configured(&config().connect[0]));

    let none = Outcome::of_findings(&url, vec![missing(), no_openid()], clinic());
    assert!(none.in_words().starts_with("This app found no system at fhir.clinic.example"), "{}", none.in_words());
    assert_eq!(none.findings().len(), 2);
    let other = Outcome::of_findings(&url, vec![deviation(), no_openid()], None);
    assert!(other.in_words().contains("not set up there yet"), "{}", other.in_words());
    let own = Outcome::of_findings(&url, vec![deviation()], clinic());
    assert!(matches!(own, Outcome::Clinic(_)));
}

#[test]
fn u18_a_clinic_that_takes_apps_of_its_trust_network_says_so() {
    let url = Url::parse("https://fhir.clinic.example/r4").unwrap();
    let finding = |code| Finding::new(code, "It registers apps of its trust community.", "section");
    let outcome = Outcome::of_findings(&url, vec![finding("empty_issuer"), finding("trust_community")], None);
    let words = outcome.in_words();
    let said = "fhir.clinic.example takes apps of its trust network, but this app has not been admitted there yet.";
    assert!(words.starts_with(said) && words.contains("Ask whoever runs this app"), "{words}");
}
