use super::super::{Match, SearchInSteps};
use super::*;

/// Brands with places, in an order that is not the one expected.
fn clinics() -> Directory {
    let mut entries = Vec::new();
    let mut add = |id: &str, name: &str, members: Value| {
        entries.push(entry(endpoint(id, &format!("https://fhir.{id}.example.org/r4"))));
        entries.push(entry(with(organization(id, name, &[&format!("Endpoint/{id}")]), members)));
    };
    let at =
        |city: &str, state: &str, zip: &str| json!({"address": [{"city": city, "state": state, "postalCode": zip}]});
    add("mercyhealth", "Mercy Health System of Saint Louis", at("St. Louis", "MO", "63101"));
    add("mercy", "Mercy", at("Springfield", "MO", "65801"));
    add(
        "mercyclinic",
        "Mercy Clinic",
        with(at("Muskegon", "MI", "49440"), json!({"alias": ["Hôpital de la Miséricorde"]})),
    );
    add("urgent", "Urgent Care by Mercy", at("Tulsa", "OK", "74101"));
    add(
        "lake",
        "Lakeside",
        with(
            at("Chicago", "IL", "60601"),
            json!({
        "extension": [portal("MyMercy", &["Endpoint/lake"])], "telecom": [{"system": "url", "value": "https://www.lakesidehealth.example"}]}),
        ),
    );
    for (number, city) in ["Madison", "Janesville", "Beloit"].iter().enumerate() {
        entries.push(entry(with(
            organization(&format!("f{number}"), &format!("{city} Eye Center"), &[]),
            json!({"partOf": {"reference": "Organization/mercy"}, "address": [{"city": city, "state": "WI", "postalCode": "5370"}]}),
        )));
    }
    directory(&[bundle(&entries)])
}

fn found<'a>(matches: &'a [Match<'_>]) -> Vec<&'a str> {
    matches.iter().map(|found| found.brand.name.as_str()).collect()
}

#[test]
fn e8_all_words_must_match_in_any_of_the_texts() {
    let directory = clinics();
    for (text, names) in [
        ("lakeside", vec!["Lakeside"]),
        ("LAKE chi", vec!["Lakeside"]),
        ("misericorde", vec!["Mercy Clinic"]),
        ("saint louis", vec!["Mercy Health System of Saint Louis"]),
        ("st. louis", vec!["Mercy Health System of Saint Louis"]),
        ("missouri spring", vec!["Mercy"]),
        ("494 clinic", vec!["Mercy Clinic"]),
        ("9440", vec![]),
        ("lakesidehealth", vec!["Lakeside"]),
        ("fhir.urgent", vec!["Urgent Care by Mercy"]),
        ("wisconsin eye", vec!["Mercy"]),
        ("mercy janesville", vec!["Mercy"]),
        ("madison janesville", vec![]),
        ("lakeside tulsa", vec![]),
        (" .,- ", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(found(&directory.search(text, 20)), names, "{text}");
    }
}

#[test]
fn e8_the_exact_name_comes_first_then_beginnings_phrases_and_other_texts() {
    let directory = clinics();
    let expected = ["Mercy", "Mercy Clinic", "Mercy Health System of Saint Louis", "Urgent Care by Mercy", "Lakeside"];
    assert_eq!(found(&directory.search("mercy", 20)), expected);
    assert_eq!(found(&directory.search("mercy care", 20)), ["Urgent Care by Mercy"]);
}

#[test]
fn e9_the_facilities_of_a_brand_are_one_card_that_says_which_place_matched() {
    let directory = clinics();
    let matches = directory.search("eye center", 20);
    assert_eq!(matches.len(), 1);
    let place = matches[0].place.as_ref().unwrap();
    assert_eq!(
        (place.name.as_str(), place.place.city.as_str(), place.is_brand),
        ("Beloit Eye Center", "Beloit", false)
    );
    assert_eq!((matches[0].matched, matches[0].of), (3, 4));

    let matches = directory.search("beloit", 20);
    assert_eq!((matches[0].matched, matches[0].of), (1, 4));
}

#[test]
fn e9_never_more_than_the_limit_and_the_number_of_all_is_known() {
    let entries: Vec<_> = (0..4000)
        .map(|number| {
            let endpoint = endpoint(&number.to_string(), &format!("https://fhir.example.org/{number}"));
            entry(with(endpoint, json!({"name": format!("General Hospital {number}")})))
        })
        .collect();
    let directory = directory(&[bundle(&entries)]);
    let (matches, count) = directory.search_all("general hospital", 20);
    assert_eq!((matches.len(), count), (20, 4000));
    assert_eq!(matches[0].brand.name, "General Hospital 0");
}

#[test]
fn e10_equal_names_are_told_apart_by_place_and_host() {
    let tenet = |id: &str, city: &str| {
        [
            entry(endpoint(id, &format!("https://{id}.example.org/r4"))),
            entry(with(
                organization(id, "Tenet", &[&format!("Endpoint/{id}")]),
                json!({"address": [{"city": city, "state": "TX"}]}),
            )),
        ]
    };
    let directory = directory(&[bundle(&[tenet("a", "Dallas"), tenet("b", "El Paso")].concat())]);
    let matches = directory.search("tenet", 20);
    let shown: Vec<_> = matches
        .iter()
        .map(|found| {
            let place = &found.place.as_ref().unwrap().place;
            let host = found.brand.portals[0].endpoints[0].fhir_base.host();
            (place.city.as_str(), place.state.as_str(), host)
        })
        .collect();
    assert_eq!(shown, [("Dallas", "TX", "a.example.org"), ("El Paso", "TX", "b.example.org")]);
}

#[test]
fn e13_an_address_finds_the_brand_of_its_base_or_of_its_portal() {
    let portal = json!({"url": "http://hl7.org/fhir/StructureDefinition/organization-portal",
        "extension": [{"url": "portalUrl", "valueUrl": "https://portal.example.org/login"}]});
    let directory = directory(&[bundle(&[
        entry(endpoint("e1", "https://fhir.example.org/r4/")),
        entry(with(organization("o1", "Clinic", &["Endpoint/e1"]), json!({"extension": [portal]}))),
    ])]);
    let find = |url: &str| {
        let url = crate::protocol::url::Url::parse(url).unwrap();
        directory.find_by_url(&url).map(|brand| brand.name.as_str())
    };
    assert_eq!(find("https://fhir.example.org/r4"), Some("Clinic"));
    assert_eq!(find("https://portal.example.org/"), Some("Clinic"));
    assert_eq!(find("https://fhir.example.org/other"), None);
}

#[test]
fn e12_a_search_in_steps_finds_the_same() {
    let directory = clinics();
    for text in ["mercy", "mercy janesville", "eye", "nothing at all", "  "] {
        for places in [0, 1, 3, 1_000] {
            let mut search = SearchInSteps::new(text);
            let mut steps = 1;
            while !search.step(&directory, places) {
                steps += 1;
                assert!(steps < 20, "{text}");
            }
            let expected = if text.trim().is_empty() || places == 1_000 { 1..=1 } else { 2..=5 };
            assert!(expected.contains(&steps), "{text} in {steps} steps of {places}");
            assert_eq!(search.finish(&directory, 20), directory.search_all(text, 20), "{text}");
        }
    }
}
