use super::super::Identifier;
use super::*;

fn identified(organization: Value, value: &str) -> Value {
    with(organization, json!({"identifier": [{"system": "urn:ietf:rfc:3986", "value": value}]}))
}

#[test]
fn e5_brands_on_the_same_server_are_one_connection_and_their_names_remain() {
    let at = |city: &str| json!({"address": [{"city": city, "state": "NC"}]});
    let directory = directory(&[bundle(&[
        entry(endpoint("e1", "https://fhir.example.org/r4")),
        entry(with(organization("o1", "Practice One", &["Endpoint/e1"]), at("Boone"))),
        entry(with(organization("o2", "Practice Two", &["Endpoint/e1"]), at("Apex"))),
        entry(with(organization("o3", "Practice One", &["Endpoint/e1"]), at("Cary"))),
    ])]);
    assert_eq!(names(&directory), ["Practice One"]);
    let cities: Vec<_> = directory.brands()[0].places.iter().map(|place| place.city.as_str()).collect();
    assert_eq!(cities, ["Boone", "Cary"]);
    let found = directory.search("practice two", 20);
    let place = found[0].place.as_ref().unwrap();
    assert_eq!((place.name.as_str(), place.place.city.as_str(), place.is_brand), ("Practice Two", "Apex", true));
    assert_eq!((found[0].matched, found[0].of), (1, 3));
}

#[test]
fn e5_a_whole_organization_names_the_card_and_not_its_part() {
    let part_of = json!({"partOf": {"reference": "Organization/whole"}});
    let directory = directory(&[bundle(&[
        entry(endpoint("e1", "https://fhir.example.org/r4")),
        entry(with(organization("part", "East Clinic", &["Endpoint/e1"]), part_of)),
        entry(organization("whole", "Example Health", &["Endpoint/e1"])),
    ])]);
    assert_eq!(names(&directory), ["Example Health"]);
}

#[test]
fn e6_two_lists_with_the_same_brand_make_one_card() {
    let list = |name: &str, base: &str, identifier: &str| {
        bundle(&[
            entry(endpoint("e1", base)),
            entry(identified(organization("o1", name, &["Endpoint/e1"]), identifier)),
        ])
    };
    let by_identifier = directory(&[
        list("Example Health", "https://a.example.org/r4", "https://example.org"),
        list("EXAMPLE HEALTH INC", "https://b.example.org/r4", "https://example.org"),
    ]);
    assert_eq!(names(&by_identifier), ["Example Health"]);
    assert_eq!(by_identifier.brands()[0].aliases, ["EXAMPLE HEALTH INC"]);
    assert_eq!(bases(&by_identifier, 0), ["https://a.example.org/r4", "https://b.example.org/r4"]);

    let by_base = directory(&[
        list("Example Health", "https://a.example.org/r4", "1"),
        list("Example Health", "https://a.example.org/r4/", "2"),
    ]);
    assert_eq!(names(&by_base), ["Example Health"]);
    assert_eq!(bases(&by_base, 0), ["https://a.example.org/r4"]);

    let different = directory(&[
        list("Example Health", "https://a.example.org/r4", "1"),
        list("Example Health", "https://b.example.org/r4", "2"),
    ]);
    assert_eq!(names(&different), ["Example Health", "Example Health"]);
}

#[test]
fn e6_the_bundle_that_the_server_names_wins() {
    let list = |name: &str| {
        bundle(&[
            entry(endpoint("e1", "https://a.example.org/r4")),
            entry(identified(organization("o1", name, &["Endpoint/e1"]), "https://example.org")),
        ])
    };
    let mut reader = DirectoryReader::new();
    reader.start(Source::new("a vendor's list"));
    reader.read_bundle(&list("CPHY Production Central Time Zone B"));
    reader.start(Source::new("the server's own").of_server());
    reader.read_bundle(&list("Example Health"));
    let directory = reader.finish();
    assert_eq!(names(&directory), ["Example Health"]);
    assert_eq!(directory.sources()[directory.brands()[0].source].name, "the server's own");
}

#[test]
fn e7_the_primary_brand_is_the_one_with_the_identifier() {
    let brand = |id: &str, identifier: &str| {
        [
            entry(endpoint(id, &format!("https://{id}.example.org/r4"))),
            entry(identified(organization(id, id, &[&format!("Endpoint/{id}")]), identifier)),
        ]
    };
    let several =
        directory(&[bundle(&[brand("a", "https://a.example.org"), brand("b", "https://b.example.org")].concat())]);
    let identifier = |value: &str| Identifier::new("urn:ietf:rfc:3986", value);
    assert_eq!(several.primary_brand(Some(&identifier("https://b.example.org"))).unwrap().name, "b");
    let without_system = Identifier::new("", "https://b.example.org");
    assert_eq!(several.primary_brand(Some(&without_system)).unwrap().name, "b");
    for wrong in
        [None, Some(identifier("https://c.example.org")), Some(Identifier::new("urn:oid:1", "https://b.example.org"))]
    {
        assert_eq!(several.primary_brand(wrong.as_ref()).unwrap_err().code, "primary_brand");
    }

    let twice = directory(&[bundle(
        &[brand("a", "https://same.example.org"), brand("b", "https://same.example.org")].concat(),
    )]);
    assert!(twice.primary_brand(Some(&identifier("https://same.example.org"))).is_err());

    let only = directory(&[bundle(&brand("a", "https://a.example.org"))]);
    assert_eq!(only.primary_brand(None).unwrap().name, "a");
}
