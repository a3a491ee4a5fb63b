use super::server::*;
use crate::abort::AbortSignal;
use crate::fhir::capabilities::FhirVersion;
use crate::fhir::matching::{MatchGrade, MatchOptions, Matches};
use crate::memory::Reply;
use serde_json::{Value, json};

fn candidate(id: &str, score: Option<f64>, grade: Option<&str>) -> Value {
    let mut search = json!({"mode": "match"});
    if let Some(score) = score {
        search["score"] = json!(score);
    }
    if let Some(grade) = grade {
        let url = "http://hl7.org/fhir/StructureDefinition/match-grade";
        search["extension"] =
            json!([{"url": "http://other.example", "valueCode": "x"}, {"url": url, "valueCode": grade}]);
    }
    json!({"resource": {"resourceType": "Patient", "id": id}, "search": search})
}

#[test]
fn f12_f19_candidates_have_a_score_and_a_grade_and_none_is_selected() {
    let (world, session) = signed_in_to(|_| {
        let outcome = json!({"resource": {"resourceType": "OperationOutcome"}, "search": {"mode": "outcome"}});
        let entry = [
            candidate("a", Some(0.95), Some("certain")),
            candidate("b", Some(0.4), Some("possible")),
            candidate("c", None, Some("a grade of its own")),
            candidate("d", Some(0.1), None),
            outcome,
        ];
        Reply::json(200, &json!({"resourceType": "Bundle", "entry": entry}))
    });
    let person = json!({"resourceType": "Patient", "name": [{"family": "Lovelace"}]});
    let (options, matching) = (MatchOptions { only_certain: true, count: Some(5) }, session.clone());
    let patient = person.clone();
    let candidates = world
        .run(async move { matching.match_patient(&patient, options, &AbortSignal::never()).await })
        .unwrap()
        .unwrap();
    let Matches { candidates, outcomes } = candidates;
    assert_eq!(outcomes.len(), 1, "F19: a remark of the server reaches the caller");
    let found: Vec<_> = candidates
        .iter()
        .map(|candidate| (candidate.resource["id"].as_str().unwrap(), candidate.score, candidate.grade))
        .collect();
    assert_eq!(
        found,
        [
            ("a", Some(0.95), Some(MatchGrade::Certain)),
            ("b", Some(0.4), Some(MatchGrade::Possible)),
            ("c", None, None),
            ("d", Some(0.1), None),
        ]
    );
    assert_eq!(session.patient().as_deref(), Some("p1"));
    assert_eq!(fhir_lines(&world), ["POST /Patient/$match"]);
    let body: Value = serde_json::from_str(world.requests().last().unwrap().body.as_deref().unwrap()).unwrap();
    let expected = json!({"resourceType": "Parameters", "parameter": [
        {"name": "resource", "resource": person},
        {"name": "onlyCertainMatches", "valueBoolean": true},
        {"name": "count", "valueInteger": 5},
    ]});
    assert_eq!(body, expected);
}

#[test]
fn f12_no_match_is_not_an_error() {
    let (world, session) = signed_in_to(|_| Reply::json(200, &json!({"resourceType": "Bundle", "total": 0})));
    let patient = json!({"resourceType": "Patient"});
    let found = async move { session.match_patient(&patient, MatchOptions::default(), &AbortSignal::never()).await };
    assert_eq!(world.run(found).unwrap().unwrap(), Matches { candidates: Vec::new(), outcomes: Vec::new() });
}

#[test]
fn f4_the_fhir_version_of_a_server_is_read() {
    for (version, expected) in [("4.3.0", Some(FhirVersion::R4B)), ("1.0.2", Some(FhirVersion::R2)), ("9.0", None)] {
        let (world, session) = signed_in_to(move |_| Reply::json(200, &json!({"fhirVersion": version})));
        let found = world.run(async move { session.fhir_version(&AbortSignal::never()).await }).unwrap().unwrap();
        assert_eq!(found, expected);
        assert_eq!(fhir_lines(&world), ["GET /metadata"]);
    }
}
