//! Scopes: what a set allows, for each of many scopes.

use std::sync::LazyLock;

use proptest::prelude::*;
use smartrust::protocol::scope::{Permissions, Scope, ScopeGrant, ScopeSet};

use crate::generated::{cases, text};

const CONTEXTS: &[&str] = &["patient", "patient", "user", "system"];
const TYPES: &[&str] = &["*", "Observation", "Condition"];
const CONSTRAINTS: &[&str] = &["", "?category=laboratory", "?category=a|b&_security=N"];

/// Every scope of a few types and constraints, with a single letter.
static UNIVERSE: LazyLock<Vec<Scope>> = LazyLock::new(|| {
    let mut universe = vec![Scope::new("openid"), Scope::new("launch/patient")];
    for (context, resource_type) in CONTEXTS.iter().flat_map(|context| TYPES.iter().map(move |name| (context, name))) {
        for (letter, constraint) in
            "cruds".chars().flat_map(|letter| CONSTRAINTS.iter().map(move |text| (letter, text)))
        {
            universe.push(Scope::new(&format!("{context}/{resource_type}.{letter}{constraint}")));
        }
    }
    universe
});

fn letters() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::subsequence(vec!["c", "r", "u", "d", "s"], 1..=5).prop_map(|letters| letters.concat()),
        prop::sample::select(&["read", "write", "*"][..]).prop_map(str::to_owned),
    ]
}

fn scope() -> impl Strategy<Value = String> {
    let resource =
        (prop::sample::select(CONTEXTS), prop::sample::select(TYPES), letters(), prop::sample::select(CONSTRAINTS))
            .prop_map(|(context, resource_type, letters, constraint)| {
                format!("{context}/{resource_type}.{letters}{constraint}")
            });
    let other =
        prop::sample::select(&["openid", "fhirUser", "launch/patient", "patient/Observation.sr", "patient/x.rs"][..]);
    prop_oneof![6 => resource, 1 => other.prop_map(str::to_owned), 1 => "[!-~]{1,12}"]
}

fn set() -> impl Strategy<Value = ScopeSet> {
    prop::collection::vec(scope(), 0..12).prop_map(|scopes| ScopeSet::parse(&scopes.join(" ")))
}

fn allowed(set: &ScopeSet) -> Vec<&'static Scope> {
    UNIVERSE.iter().filter(|scope| set.covers(scope)).collect()
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn p1_any_string_is_kept_as_written(text in prop_oneof![text(), scope()]) {
        let scope = Scope::new(&text);
        prop_assert_eq!(scope.as_str(), &text);
        prop_assert_eq!(scope.to_string(), text);
    }

    #[test]
    fn p1_a_set_is_read_back_from_its_text(text in prop_oneof![text(), set().prop_map(|set| set.to_text())]) {
        let set = ScopeSet::parse(&text);
        prop_assert_eq!(&ScopeSet::parse(&set.to_text()), &set);
        prop_assert!(set.iter().all(|scope| set.covers(scope) && set.contains(scope.as_str())));
    }

    #[test]
    fn p1_letters_are_only_permissions_in_their_order(text in prop_oneof!["[cruds]{0,6}", text()]) {
        let places: Option<Vec<usize>> = text.chars().map(|letter| "cruds".find(letter)).collect();
        let in_order = places.is_some_and(|places| !places.is_empty() && places.windows(2).all(|pair| pair[0] < pair[1]));
        let expected = in_order || ["read", "write", "*"].contains(&text.as_str());
        prop_assert_eq!(Permissions::parse(&text).is_some(), expected);
    }

    #[test]
    fn p2_a_reduced_set_allows_the_same_without_a_redundant_scope(set in set()) {
        let reduced = set.reduced();
        prop_assert_eq!(allowed(&reduced), allowed(&set));
        prop_assert!(reduced.covers_all(&set) && set.covers_all(&reduced));
        prop_assert!(reduced.iter().count() <= set.iter().count());
        for scope in reduced.iter() {
            let mut others = reduced.clone();
            others.remove(scope.as_str());
            prop_assert!(!others.covers(scope), "{scope} is to spare in {reduced}");
        }
        prop_assert_eq!(reduced.reduced(), reduced);
    }

    #[test]
    fn p2_a_union_allows_the_same_in_either_order_and_what_each_set_allows(one in set(), other in set()) {
        let union = one.union(&other);
        prop_assert_eq!(allowed(&union), allowed(&other.union(&one)));
        prop_assert!(union.covers_all(&one) && union.covers_all(&other));
        let either = UNIVERSE.iter().filter(|scope| one.covers(scope) || other.covers(scope));
        prop_assert_eq!(allowed(&union), either.collect::<Vec<_>>());
    }

    #[test]
    fn p1_a_constraint_narrows_and_never_widens(scope in scope(), other in scope()) {
        let (plain, narrowed) = (ScopeSet::parse(&scope), ScopeSet::parse(&[&scope, "&x=1"].concat()));
        if scope.contains('?') && Scope::new(&scope).resource().is_some() {
            let other = Scope::new(&other);
            let without_constraint = other.resource().is_none_or(|resource| resource.constraint.is_none());
            prop_assert!(!(without_constraint && narrowed.covers(&other)));
            prop_assert!(!plain.covers_all(&narrowed) && !narrowed.covers_all(&plain));
        }
    }

    #[test]
    fn t3_t10_each_requested_scope_is_granted_narrowed_missing_or_unknown(requested in set(), granted in prop::option::of(set())) {
        let grant = ScopeGrant::new(requested.clone(), granted.as_ref().map(ScopeSet::to_text).as_deref());
        let (missing, narrowed) = (grant.missing(), grant.narrowed());
        for scope in requested.iter() {
            let kinds = [grant.granted.covers(scope), narrowed.contains(&scope), missing.contains(&scope)];
            let is_unknown = grant.granted.is_unknown() && scope.resource().is_some();
            prop_assert_eq!(kinds.iter().filter(|kind| **kind).count(), usize::from(!is_unknown), "{}", scope);
        }
        for scope in missing {
            let parts = UNIVERSE.iter().filter(|part| ScopeSet::parse(scope.as_str()).covers(part));
            prop_assert!(!parts.into_iter().any(|part| grant.granted.covers(part)), "{scope}");
        }
        prop_assert!(grant.extra().into_iter().all(|scope| !requested.covers(scope)));
        prop_assert!(granted.is_some() || grant.extra().is_empty());
    }

    #[test]
    fn p3_every_scope_has_a_sentence_without_a_full_stop(scope in scope()) {
        let sentence = Scope::new(&scope).sentence();
        prop_assert!(sentence.starts_with(|first: char| first.is_uppercase()) && !sentence.ends_with('.'), "{sentence}");
    }
}
