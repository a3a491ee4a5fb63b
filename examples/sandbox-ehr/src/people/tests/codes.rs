//! Whether the codes can be codes: LOINC and SNOMED CT have check digits.

use std::collections::HashSet;

use crate::fhir::render::codes;
use crate::people::{
    Chart, Population, allergies, care, documents::DocumentKind, drugs, immunizations, laboratory, measures, problems,
    procedures, staff,
};

/// The check digit of a SNOMED CT identifier (Verhoeff): the multiplication of the dihedral group D5, and a permutation
/// for each place.
fn is_snomed(code: &str) -> bool {
    fn multiply(a: u32, b: u32) -> u32 {
        match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => 5 + (a + b - 5) % 5,
            (false, true) => 5 + (a - 5 + 5 - b) % 5,
            (false, false) => (5 + a - b) % 5,
        }
    }
    let permuted = |digit: u32, place: usize| {
        (0..place % 8).fold(digit, |digit, _| [1, 5, 7, 6, 2, 8, 3, 0, 9, 4][digit as usize])
    };
    let digits: Option<Vec<u32>> = code.chars().rev().map(|digit| digit.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        let sum = digits.iter().enumerate().fold(0, |sum, (place, digit)| multiply(sum, permuted(*digit, place)));
        (6..=18).contains(&digits.len()) && sum == 0
    })
}

/// The check digit of a LOINC code (Luhn).
fn is_loinc(code: &str) -> bool {
    let Some((number, check)) = code.split_once('-') else { return false };
    let digits: Option<Vec<u32>> = number.chars().rev().map(|digit| digit.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        let doubled = |(place, digit): (usize, &u32)| match place % 2 {
            0 => digit * 2 / 10 + digit * 2 % 10,
            _ => *digit,
        };
        let sum: u32 = digits.iter().enumerate().map(doubled).sum();
        check.parse() == Ok((10 - sum % 10) % 10)
    })
}

#[test]
fn the_check_digits_detect_a_typing_error() {
    assert!(is_snomed("44054006") && is_snomed("453231000124104"));
    for wrong in ["44054007", "44504006", "440540", "4405400x", ""] {
        assert!(!is_snomed(wrong), "{wrong}");
    }
    assert!(is_loinc("4548-4") && is_loinc("718-7"));
    for wrong in ["4548-5", "5448-4", "718", "x-7"] {
        assert!(!is_loinc(wrong), "{wrong}");
    }
}

#[test]
fn every_snomed_ct_code_has_its_check_digit() {
    let allergies = allergies::kinds().flat_map(|kind| {
        let own = (kind.code.0 == allergies::Vocabulary::SnomedCt).then_some(kind.code.1);
        own.into_iter().chain(kind.reactions.iter().map(|(code, _)| *code))
    });
    let routes = drugs::FORMULARY.iter().map(|drug| drug.route.code().0);
    let codes: HashSet<&str> = problems::kinds()
        .map(|kind| kind.snomed)
        .chain(procedures::KINDS.iter().map(|kind| kind.snomed))
        .chain(care::DEVICES.iter().map(|kind| kind.snomed))
        .chain(staff::PRACTITIONERS.iter().map(|practitioner| practitioner.role.0))
        .chain(allergies)
        .chain(routes)
        .collect();
    assert!(codes.len() > 70);
    for code in codes {
        assert!(is_snomed(code), "{code}");
    }
}

#[test]
fn every_loinc_code_has_its_check_digit() {
    let codes: HashSet<&str> = measures::ALL
        .iter()
        .map(|measure| measure.loinc)
        .chain(laboratory::PANELS.iter().map(|panel| panel.loinc))
        .chain(DocumentKind::ALL.iter().map(|kind| kind.code().0))
        .collect();
    assert!(codes.len() > 40);
    for code in codes {
        assert!(is_loinc(code), "{code}");
    }
}

#[test]
fn codes_of_resources_from_elsewhere_have_their_check_digits() {
    let people = Population::new(1, 50);
    let charts: Vec<Chart> = (1..=50).filter_map(|number| people.chart(number)).collect();
    let of = |system: &str| charts.iter().flat_map(|chart| codes(chart, system)).collect::<HashSet<String>>();
    let loinc = of("http://loinc.org");
    assert!(loinc.len() > 15);
    // Parts and answers, such as LP29684-5, are numbered in another way.
    for code in loinc.iter().filter(|code| !code.starts_with('L')) {
        assert!(is_loinc(code), "{code}");
    }
    let snomed = of("http://snomed.info/sct");
    assert!(snomed.len() > 2);
    for code in snomed {
        assert!(is_snomed(&code), "{code}");
    }
}

#[test]
fn rxnorm_and_cvx_codes_are_numbers_and_each_is_listed_once() {
    let drugs: HashSet<&str> = drugs::FORMULARY.iter().map(|drug| drug.rxnorm).collect();
    assert_eq!(drugs.len(), drugs::FORMULARY.len());
    assert!(drugs.iter().all(|code| (5..=7).contains(&code.len()) && code.parse::<u32>().is_ok()));
    let vaccines: Vec<&str> = immunizations::vaccines().map(|vaccine| vaccine.cvx).collect();
    assert_eq!(vaccines.iter().collect::<HashSet<_>>().len(), vaccines.len());
    assert!(vaccines.iter().all(|code| (2..=3).contains(&code.len()) && code.parse::<u32>().is_ok()));
}
