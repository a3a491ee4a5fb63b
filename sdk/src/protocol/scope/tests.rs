use super::*;

fn covers(set: &str, scope: &str) -> bool {
    ScopeSet::parse(set).covers(&Scope::new(scope))
}

fn texts(scopes: Vec<&Scope>) -> Vec<&str> {
    scopes.into_iter().map(Scope::as_str).collect()
}

#[test]
fn p1_versions_1_and_2_are_compared() {
    for (set, scope, covered) in [
        ("patient/Observation.read", "patient/Observation.rs", true),
        ("patient/Observation.rs", "patient/Observation.read", true),
        ("patient/Observation.write", "patient/Observation.cud", true),
        ("patient/Observation.*", "patient/Observation.cruds", true),
        ("patient/Observation.r patient/Observation.s", "patient/Observation.rs", true),
        ("patient/Observation.r", "patient/Observation.rs", false),
        ("patient/*.rs", "patient/Condition.r", true),
        ("patient/Condition.rs", "patient/*.rs", false),
        ("user/*.rs", "patient/Condition.rs", false),
        ("patient/Observation.rs", "patient/Observation.rs?category=laboratory", true),
        ("patient/Observation.rs?category=laboratory", "patient/Observation.rs", false),
        ("patient/Observation.rs?category=laboratory", "patient/Observation.rs?category=laboratory", true),
        ("openid fhirUser", "fhirUser", true),
        ("openid", "fhirUser", false),
    ] {
        assert_eq!(covers(set, scope), covered, "{set} covers {scope}");
    }
}

#[test]
fn p1_other_scopes_are_compared_as_strings() {
    for text in [
        "patient/Observation.sr",
        "patient/Observation.rr",
        "patient/observation.rs",
        "patient/.rs",
        "patient/X.",
        "group/X.rs",
    ] {
        assert_eq!(Scope::new(text).resource(), None, "{text}");
        assert!(covers(text, text) && !covers("patient/*.cruds", text), "{text}");
    }
}

#[test]
fn t10_a_scope_with_dots_instead_of_slashes_is_read_also_after_a_url() {
    for (written, scope) in [
        ("patient.Observation.read", "patient/Observation.rs"),
        ("user.Condition.rs", "user/Condition.rs"),
        ("patient.*.read", "patient/*.rs"),
        ("patient.all.read", "patient/*.rs"),
        ("patient.Observation.rs?category=laboratory", "patient/Observation.rs?category=laboratory"),
        ("https://fhir.example/patient.Observation.read", "patient/Observation.rs"),
        ("api://0f3a/patient.all.rs", "patient/*.rs"),
        ("https://fhir.example/patient/Observation.read", "patient/Observation.rs"),
        (
            "patient/Observation.rs?category=http://x.example/y|z",
            "patient/Observation.rs?category=http://x.example/y|z",
        ),
    ] {
        assert_eq!(Scope::new(written).resource(), Scope::new(scope).resource(), "{written}");
        assert!(Scope::new(written).resource().is_some() && Scope::new(written).as_str() == written);
    }
    for written in
        ["patient.observation.read", "patient.Observation", "patient.Observation.sr", "https://fhir.example/read"]
    {
        assert_eq!(Scope::new(written).resource(), None, "{written}");
    }
}

#[test]
fn t10_a_grant_in_an_unknown_syntax_is_unknown_and_not_empty() {
    let requested = || ScopeSet::parse("openid offline_access patient/*.rs");
    for granted in [
        "https://ehr.example/scopes/clinical.read",
        "openid fhirUser https://ehr.example/clinical",
        "clinical",
        "",
        " ",
    ] {
        let grant = ScopeGrant::new(requested(), Some(granted));
        assert!(grant.granted.is_unknown(), "{granted}");
        assert!(grant.granted.may_read(Context::Patient, "Observation"));
        assert!(grant.granted.allows_part_of("Observation", Permissions::SEARCH));
        assert!(!texts(grant.missing()).contains(&"patient/*.rs"), "{granted}");
        assert!(grant.refreshable().covers(&Scope::new("patient/Observation.rs")));
    }
    for granted in ["openid fhirUser launch/patient offline_access", "patient/Condition.rs clinical"] {
        let grant = ScopeGrant::new(requested(), Some(granted));
        assert!(!grant.granted.is_unknown(), "{granted}");
        assert!(!grant.granted.may_read(Context::Patient, "Observation"));
        assert!(!grant.refreshable().covers(&Scope::new("patient/Observation.rs")));
    }
    assert!(!ScopeSet::parse("").is_unknown() && !ScopeSet::parse("").may_read(Context::Patient, "Observation"));
}

#[test]
fn p1_scopes_are_kept_as_written() {
    let written = "launch/patient patient/*.read patient/Observation.rs?category=a|b";
    assert_eq!(ScopeSet::parse(written).to_string(), written);
}

#[test]
fn p2_a_set_says_whether_a_type_can_be_read() {
    let set = ScopeSet::parse("patient/Observation.rs patient/Condition.r");
    assert!(set.may_read(Context::Patient, "Observation"));
    assert!(!set.may_read(Context::Patient, "Condition"));
    assert!(!set.may_read(Context::User, "Observation"));
}

#[test]
fn p2_a_set_is_reduced_to_its_shortest_form() {
    for (set, reduced) in [
        ("patient/Observation.rs patient/Observation.read", "patient/Observation.rs"),
        ("patient/Observation.r openid patient/Observation.s", "patient/Observation.rs openid"),
        ("patient/Observation.rs patient/*.read", "patient/*.read"),
        ("patient/*.rs patient/Observation.cud", "patient/*.rs patient/Observation.cud"),
        ("patient/Observation.rs?category=laboratory patient/Observation.rs", "patient/Observation.rs"),
        (
            "patient/Observation.r?category=laboratory patient/Observation.s?category=laboratory",
            "patient/Observation.rs?category=laboratory",
        ),
        (
            "patient/*.r patient/Observation.s patient/Observation.rs?category=laboratory",
            "patient/*.r patient/Observation.s",
        ),
        ("user/*.rs patient/Observation.rs", "user/*.rs patient/Observation.rs"),
        ("launch/patient openid openid", "launch/patient openid"),
        ("patient/*.c patient/*.r patient/*.u patient/*.d patient/*.s", "patient/*.cruds"),
    ] {
        assert_eq!(ScopeSet::parse(set).reduced().to_string(), reduced, "{set}");
    }
}

#[test]
fn p2_a_union_has_the_scopes_of_both_each_once() {
    let union = ScopeSet::parse("openid patient/*.rs").union(&ScopeSet::parse("patient/*.rs launch"));
    assert_eq!(union.to_string(), "openid patient/*.rs launch");
}

#[test]
fn t3_without_a_scope_in_the_response_all_scopes_were_granted() {
    let grant = ScopeGrant::new(ScopeSet::parse("openid patient/*.rs"), None);
    assert_eq!(grant.granted.to_string(), "openid patient/*.rs");
    assert!(grant.missing().is_empty() && grant.narrowed().is_empty() && grant.extra().is_empty());
}

#[test]
fn t3_granted_missing_and_extra_scopes_are_distinguished() {
    let requested = "openid offline_access patient/*.read patient/Condition.rs user/Practitioner.rs";
    let grant = ScopeGrant::new(
        ScopeSet::parse(requested),
        Some("openid patient/Patient.rs patient/Observation.rs online_access user/Practitioner.rs"),
    );
    assert_eq!(texts(grant.missing()), ["offline_access", "patient/Condition.rs"]);
    assert_eq!(texts(grant.narrowed()), ["patient/*.read"]);
    assert_eq!(texts(grant.extra()), ["online_access"]);
}

#[test]
fn t3_a_type_in_a_constrained_wildcard_is_narrowed_and_not_missing() {
    let grant = ScopeGrant::new(ScopeSet::parse("patient/Observation.rs"), Some("patient/*.rs?category=laboratory"));
    assert_eq!(texts(grant.narrowed()), ["patient/Observation.rs"]);
    assert!(grant.missing().is_empty());
}

#[test]
fn m2_a_launch_scope_has_a_resource_type_and_at_most_one_role() {
    for (written, expected) in [
        ("launch/imagingstudy", Some(("imagingstudy", None))),
        ("launch/list?role=https://ehr.example/at-home", Some(("list", Some("https://ehr.example/at-home")))),
        ("launch", None),
        ("launch/", None),
        ("launch/List", None),
        ("launch/list?role=", None),
        ("launch/list?role=a&role=b", None),
        ("launch/list?kind=a", None),
    ] {
        let scope = Scope::new(written);
        assert_eq!(scope.launch().map(|launch| (launch.resource_type, launch.role)), expected, "{written}");
    }
}

#[test]
fn m2_a_launch_scope_with_another_role_is_granted_in_part() {
    let (home, hospital) =
        ("launch/list?role=https://ehr.example/at-home", "launch/list?role=https://ehr.example/at-hospital");
    let requested = || ScopeSet::parse(&format!("{home} {hospital} launch/imagingstudy"));
    let grant = ScopeGrant::new(requested(), Some(&format!("{home} patient/List.rs")));
    assert_eq!(texts(grant.missing()), ["launch/imagingstudy"]);
    assert_eq!(texts(grant.narrowed()), [hospital]);
    let whole = ScopeGrant::new(requested(), None);
    assert_eq!((texts(whole.missing()), texts(whole.narrowed())), (vec![], vec![]));
}
