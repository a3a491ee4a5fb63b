use super::*;
use serde_json::json;

fn base() -> Url {
    Url::parse("https://ehr.example/fhir").unwrap()
}

/// Method and URL below the base.
fn line(request: FhirRequest) -> String {
    let built = request.build(&base()).unwrap();
    let below = built.url.as_str().strip_prefix("https://ehr.example/fhir").unwrap().to_owned();
    format!("{} {below}", built.method.as_str())
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[test]
fn f4_every_interaction_has_the_method_and_url_of_the_standard() {
    use Interaction::*;
    let of = |interaction: Interaction, target: &str| line(FhirRequest::new(interaction, target));
    assert_eq!(of(Read, "Patient/1"), "GET /Patient/1");
    assert_eq!(of(Read, "Patient/1/_history/2"), "GET /Patient/1/_history/2");
    assert_eq!(of(Search, "Observation"), "GET /Observation");
    assert_eq!(of(Search, "Patient/1/Observation"), "GET /Patient/1/Observation");
    assert_eq!(of(Create, "Patient"), "POST /Patient");
    assert_eq!(of(Update, "Patient/1"), "PUT /Patient/1");
    assert_eq!(of(Patch, "Patient/1"), "PATCH /Patient/1");
    assert_eq!(of(Delete, "Patient/1"), "DELETE /Patient/1");
    assert_eq!(of(History, "Patient/1"), "GET /Patient/1/_history");
    assert_eq!(of(History, "Patient"), "GET /Patient/_history");
    assert_eq!(of(History, ""), "GET /_history");
    assert_eq!(of(Capabilities, ""), "GET /metadata");
    assert_eq!(of(Operation, "$convert"), "GET /$convert");
    assert_eq!(of(Operation, "Patient/$match"), "GET /Patient/$match");
    assert_eq!(of(Operation, "Patient/1/$everything"), "GET /Patient/1/$everything");
    assert_eq!(line(FhirRequest::new(Bundle, "").body("{}")), "POST ");
}

#[test]
fn f4_a_conditional_change_requires_its_search() {
    for (interaction, expected) in [
        (Interaction::Update, "PUT /Patient?identifier=a%7C1"),
        (Interaction::Patch, "PATCH /Patient?identifier=a%7C1"),
        (Interaction::Delete, "DELETE /Patient?identifier=a%7C1"),
    ] {
        assert_eq!(line(FhirRequest::new(interaction, "Patient").with("identifier", "a|1")), expected);
        let refused = FhirRequest::new(interaction, "Patient").build(&base()).unwrap_err();
        assert_eq!(refused.code(), "invalid_reference");
    }
}

#[test]
fn f4_a_part_that_an_interaction_does_not_have_is_refused() {
    use Interaction::*;
    for (interaction, target) in [
        (Read, ""),
        (Read, "Patient"),
        (Read, "Patient/"),
        (Read, "/Patient/1"),
        (Read, "Patient/../x"),
        (Read, "Patient/.."),
        (Read, "Patient/."),
        (Read, "Patient/1?x=1"),
        (Read, "#1"),
        (Read, "metadata"),
        (Search, "../x"),
        (Search, ""),
        (Create, "Patient/1"),
        (Update, "Patient/"),
        (Delete, "Patient/1/_history/2"),
        (Operation, "Patient/1"),
        (Operation, "Patient/1/$"),
        (Operation, "$every?thing"),
        (Operation, "../$x"),
        (Capabilities, "Patient"),
        (Bundle, "Patient"),
    ] {
        let refused = FhirRequest::new(interaction, target).body("{}").build(&base()).unwrap_err();
        assert_eq!(refused.code(), "invalid_reference", "{interaction:?} {target}");
    }
}

#[test]
fn f4_the_target_is_that_of_the_resource() {
    let patient = json!({"resourceType": "Patient", "id": "7", "meta": {"versionId": "3"}});
    assert_eq!(line(FhirRequest::create(&patient)), "POST /Patient");
    assert_eq!(line(FhirRequest::update(&patient)), "PUT /Patient/7");
    let conditional = FhirRequest::update_where(&patient, &[("identifier".into(), "a|1".into())]);
    assert_eq!(line(conditional), "PUT /Patient?identifier=a%7C1");
    for nothing in [json!({}), json!({"resourceType": "Patient/../x", "id": "1"}), json!([])] {
        assert_eq!(FhirRequest::create(&nothing).build(&base()).unwrap_err().code(), "invalid_reference");
        assert_eq!(FhirRequest::update(&nothing).build(&base()).unwrap_err().code(), "invalid_reference");
    }
}

#[test]
fn f4_bodies_have_their_media_types_and_conditions_their_headers() {
    let resource = json!({"resourceType": "Patient", "id": "7"});
    let create = FhirRequest::create(&resource).if_none_exist("identifier=a|1").prefer(Return::Minimal);
    let create = create.build(&base()).unwrap();
    assert_eq!(create.body.as_deref(), Some(resource.to_string().as_str()));
    assert_eq!(header(&create, "Accept"), Some("application/fhir+json"));
    assert_eq!(header(&create, "Content-Type"), Some("application/fhir+json"));
    assert_eq!(header(&create, "If-None-Exist"), Some("identifier=a|1"));
    assert_eq!(header(&create, "Prefer"), Some("return=minimal"));
    assert_eq!(create.redirect, Redirect::Manual);

    let patch = |body: &str| FhirRequest::new(Interaction::Patch, "Patient/7").body(body).if_match("W/\"3\"");
    let json_patch = patch(" [{\"op\": \"remove\", \"path\": \"/active\"}]").build(&base()).unwrap();
    assert_eq!(header(&json_patch, "Content-Type"), Some("application/json-patch+json"));
    assert_eq!(header(&json_patch, "If-Match"), Some("W/\"3\""));
    let fhir_path = patch("{\"resourceType\": \"Parameters\"}").build(&base()).unwrap();
    assert_eq!(header(&fhir_path, "Content-Type"), Some("application/fhir+json"));

    let read = FhirRequest::read("Patient/7").build(&base()).unwrap();
    assert_eq!((header(&read, "Content-Type"), &read.body), (None, &None));
    assert!(patch("{}").if_match("a\r\nb").build(&base()).is_err());
}

#[test]
fn f4_an_operation_is_a_get_with_parameters_or_a_post_with_a_body() {
    let operation = || FhirRequest::new(Interaction::Operation, "Patient/1/$everything");
    assert_eq!(line(operation().with("_count", "5")), "GET /Patient/1/$everything?_count=5");
    assert_eq!(line(operation().body("{\"resourceType\": \"Parameters\"}")), "POST /Patient/1/$everything");
    assert_eq!(line(operation().posted()), "POST /Patient/1/$everything");
}

#[test]
fn f4_a_search_encodes_its_values() {
    let parameters = [("code".to_owned(), "http://loinc.org|4548-4".to_owned()), ("_count".into(), "50".into())];
    let expected = "GET /Observation?code=http%3A%2F%2Floinc.org%7C4548-4&_count=50";
    assert_eq!(line(FhirRequest::search("Observation", &parameters)), expected);
}

#[test]
fn f4_a_long_search_is_a_post() {
    let codes = |count: usize| FhirRequest::search("Observation", &[("code".into(), "1234567890".repeat(count))]);
    assert!(line(codes(100)).starts_with("GET /Observation?code=1234567890"));
    let long = codes(300).build(&base()).unwrap();
    assert_eq!((long.method, long.url.as_str()), (Method::Post, "https://ehr.example/fhir/Observation/_search"));
    assert_eq!(long.body, Some(format!("code={}", "1234567890".repeat(300))));
    assert_eq!(header(&long, "Content-Type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(line(codes(1).posted()), "POST /Observation/_search");
}

#[test]
fn f5_the_version_of_a_hidden_header_is_taken_from_the_resource() {
    let resource = json!({"resourceType": "Patient", "id": "7", "meta": {"versionId": "3"}});
    let update = FhirRequest::update(&resource).if_match_version_of(&resource).unwrap().build(&base()).unwrap();
    assert_eq!(header(&update, "If-Match"), Some("W/\"3\""));
    let refused = FhirRequest::update(&resource).if_match_version_of(&json!({"meta": {}})).err().unwrap();
    assert_eq!(refused.code(), "hidden_header");
    assert!(refused.to_string().contains("ETag"), "{refused}");
}

#[test]
fn f4_a_request_has_the_permissions_that_it_requires() {
    use Interaction::*;
    let of = |interaction: Interaction, target: &str| {
        let request = FhirRequest::new(interaction, target);
        request.permission().map(|(kind, permission)| (kind.to_owned(), permission))
    };
    let needs = |kind: &str, permission: Permissions| Some((kind.to_owned(), permission));
    assert_eq!(of(Read, "Patient/1"), needs("Patient", Permissions::READ));
    assert_eq!(of(Search, "Patient/1/Observation"), needs("Observation", Permissions::SEARCH));
    assert_eq!(of(History, "Patient/1"), needs("Patient", Permissions::READ));
    assert_eq!(of(History, "Patient"), needs("Patient", Permissions::SEARCH));
    assert_eq!(of(Create, "Patient"), needs("Patient", Permissions::CREATE));
    assert_eq!(of(Patch, "Patient/1"), needs("Patient", Permissions::UPDATE));
    assert_eq!(of(Delete, "Patient/1"), needs("Patient", Permissions::DELETE));
    for (interaction, target) in [
        (History, ""),
        (Operation, "Patient/1/$everything"),
        (Capabilities, ""),
        (Bundle, ""),
        (Read, "https://ehr.example/fhir/Patient/1"),
    ] {
        assert_eq!(of(interaction, target), None, "{target}");
    }
}
