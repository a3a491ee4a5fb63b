//! What must be true for every person.

use crate::people::*;

fn quantities(chart: &Chart, loinc: &str) -> Vec<f64> {
    chart
        .observations
        .iter()
        .filter(|observation| observation.measure.loinc == loinc)
        .filter_map(|observation| match observation.result {
            Measured::Quantity(value) => Some(value),
            _ => None,
        })
        .collect()
}

fn charts(size: u32) -> impl Iterator<Item = Chart> {
    let people = Population::new(1, size);
    (1..=size).filter_map(move |number| people.chart(number))
}

#[test]
fn a_chart_depends_only_on_the_seed_and_the_number() {
    let few = Population::new(7, 50);
    let many = Population::new(7, 10_000);
    let backwards: Vec<_> = (1..=50).rev().map(|number| few.chart(number)).collect();
    for (number, chart) in (1..=50).rev().zip(backwards) {
        assert!(chart.is_some());
        assert_eq!(chart, many.chart(number), "patient {number}");
    }
    assert_ne!(few.chart(1), Population::new(8, 50).chart(1));
    assert_ne!(few.chart(1).map(|chart| chart.problems), few.chart(2).map(|chart| chart.problems));
}

#[test]
fn there_is_no_person_outside_the_population() {
    let people = Population::new(1, 50);
    assert!(people.person(0).is_none());
    assert!(people.chart(51).is_none());
}

#[test]
fn nothing_is_before_birth_or_after_the_end_of_the_record() {
    for chart in charts(400) {
        let days = chart.visits.iter().map(|visit| visit.start.date());
        let days = days.chain(chart.problems.iter().map(|problem| problem.onset));
        for day in days.chain(chart.problems.iter().filter_map(|problem| problem.resolved)) {
            assert!(chart.person.born <= day && day <= AS_OF, "{} on {day}", chart.person.name());
        }
    }
}

#[test]
fn children_grow_from_visit_to_visit() {
    let children: Vec<_> = charts(400).filter(|chart| (6..16).contains(&chart.person.age())).collect();
    assert!(children.len() > 20);
    for child in children {
        let heights = quantities(&child, "8302-2");
        assert!(heights.len() > 10);
        // A tape measure errs by a few millimetres.
        assert!(heights.windows(2).all(|pair| pair[1] > pair[0] - 0.7), "{heights:?}");
        assert!(heights[heights.len() - 1] > heights[0] + 45.0, "{heights:?}");
    }
}

#[test]
fn vital_signs_are_plausible() {
    for chart in charts(400) {
        for (loinc, low, high) in
            [("29463-7", 2.5, 190.0), ("39156-5", 11.0, 50.0), ("8867-4", 45.0, 165.0), ("8310-5", 36.0, 39.5)]
        {
            for value in quantities(&chart, loinc) {
                assert!((low..=high).contains(&value), "{loinc} {value} of {}", chart.person.name());
            }
        }
        for observation in &chart.observations {
            if let Measured::BloodPressure { systolic, diastolic } = observation.result {
                assert!((70.0..=190.0).contains(&systolic) && diastolic + 20.0 <= systolic);
            }
        }
    }
}

#[test]
fn patients_with_diabetes_have_glucose_results() {
    let mut watched = 0;
    for chart in charts(400) {
        let values = quantities(&chart, "4548-4");
        let calls = chart.problems.iter().any(|problem| ["E11.9", "R73.03"].contains(&problem.kind.icd10));
        assert!(calls || values.is_empty());
        assert!(values.iter().all(|value| (5.0..11.0).contains(value)));
        watched += usize::from(values.len() > 3);
    }
    assert!(watched > 20);
}

#[test]
fn problems_fit_age_and_sex() {
    for chart in charts(400) {
        for problem in &chart.problems {
            let age_at_onset = chart.person.age_on(problem.onset);
            match problem.kind.display {
                "Essential hypertension" | "Diabetes mellitus type 2" => assert!(age_at_onset > 30.0),
                "Otitis media" => assert!(age_at_onset < 8.0),
                "Benign prostatic hyperplasia" => assert_eq!(chart.person.sex, Sex::Male),
                "Osteoporosis" => assert_eq!(chart.person.sex, Sex::Female),
                _ => {}
            }
        }
    }
}

fn has(chart: &Chart, snomed: &str) -> bool {
    chart.problems.iter().any(|problem| problem.kind.snomed == snomed && problem.resolved.is_none())
}

fn takes(chart: &Chart, name: &str) -> bool {
    chart.medications.iter().any(|prescription| prescription.drug.display.contains(name))
}

#[test]
fn diabetes_is_in_every_part_of_the_record() {
    let mut seen = 0;
    for chart in charts(400).filter(|chart| has(chart, "44054006")) {
        let Some(found) = chart.problems.iter().find(|problem| problem.kind.snomed == "44054006") else { continue };
        if AS_OF - chrono::Days::new(500) < found.onset {
            continue;
        }
        seen += 1;
        assert!(takes(&chart, "metformin"), "{}", chart.person.name());
        assert!(!quantities(&chart, "4548-4").is_empty());
        assert!(chart.procedures.iter().any(|procedure| procedure.kind.snomed == "308110009"));
        assert!(chart.goals.iter().any(|goal| goal.measure.loinc == "4548-4"));
        assert!(chart.team.len() > 1);
    }
    assert!(seen > 20);
}

#[test]
fn glucose_follows_hba1c() {
    let both = charts(400).flat_map(|chart| {
        let (sugars, glucoses) = (at_visits(&chart, "4548-4"), at_visits(&chart, "2345-7"));
        sugars
            .into_iter()
            .filter_map(move |(visit, sugar)| Some((sugar, glucoses.iter().find(|(at, _)| *at == visit)?.1)))
            .collect::<Vec<_>>()
    });
    let (high, low): (Vec<_>, Vec<_>) = both.partition(|(sugar, _)| *sugar > 7.5);
    assert!(high.len() > 10 && low.len() > 10);
    assert!(high.iter().all(|(_, glucose)| *glucose > 126.0));
    assert!(low.iter().filter(|(sugar, _)| *sugar < 6.0).all(|(_, glucose)| *glucose < 126.0));
}

fn at_visits(chart: &Chart, loinc: &str) -> Vec<(usize, f64)> {
    let of_measure = chart.observations.iter().filter(|observation| observation.measure.loinc == loinc);
    of_measure
        .filter_map(|observation| match observation.result {
            Measured::Quantity(value) => Some((observation.visit, value)),
            _ => None,
        })
        .collect()
}

#[test]
fn a_series_changes_slowly_and_a_treatment_lowers_it() {
    let mut lowered = 0;
    for chart in charts(400) {
        for (loinc, step) in [("4548-4", 2.6), ("718-7", 3.2), ("39156-5", 4.0), ("2160-0", 0.75)] {
            let values = quantities(&chart, loinc);
            if chart.person.age() >= 30 {
                let biggest = values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
                assert!(biggest <= step, "{loinc} of {}: {values:?}", chart.person.name());
            }
        }
        let onset =
            chart.problems.iter().find(|problem| problem.kind.snomed == "55822004").map(|problem| problem.onset);
        if let Some(onset) = onset {
            let before: Vec<f64> = ldl(&chart, |day| day < onset);
            let after: Vec<f64> = ldl(&chart, |day| day > onset + chrono::Days::new(700));
            if let (Some(before), Some(after)) = (before.last(), after.last()) {
                assert!(after + 15.0 < *before, "{before} then {after}");
                lowered += 1;
            }
        }
    }
    assert!(lowered > 5);
}

fn ldl(chart: &Chart, fits: impl Fn(chrono::NaiveDate) -> bool) -> Vec<f64> {
    let of_measure = chart.observations.iter().filter(|observation| observation.measure.loinc == "13457-7");
    of_measure
        .filter(|observation| fits(observation.at.date()))
        .filter_map(|observation| match observation.result {
            Measured::Quantity(value) => Some(value),
            _ => None,
        })
        .collect()
}

#[test]
fn children_the_old_and_the_others_differ() {
    let all: Vec<Chart> = charts(400).collect();
    let mean = |charts: &[&Chart], count: &dyn Fn(&Chart) -> usize| {
        charts.iter().map(|chart| count(chart) as f64).sum::<f64>() / charts.len() as f64
    };
    let children: Vec<&Chart> = all.iter().filter(|chart| chart.person.age() < 18).collect();
    let old: Vec<&Chart> = all.iter().filter(|chart| chart.person.age() >= 70).collect();
    for child in &children {
        for never in ["statin", "metformin", "lisinopril", "aspirin", "tamsulosin"] {
            assert!(!takes(child, never), "{never} for {}", child.person.name());
        }
        assert!(child.goals.is_empty());
        let screening = ["73761001", "71651007", "312681000"];
        assert!(child.procedures.iter().all(|procedure| !screening.contains(&procedure.kind.snomed)));
        assert_ne!(child.insurances[0].payer.id, "medicare");
    }
    let active_drugs = |chart: &Chart| chart.medications.iter().filter(|one| one.is_active()).count();
    assert!(mean(&old, &active_drugs) > 2.5 && mean(&children, &active_drugs) < 1.0);
    assert!(mean(&old, &|chart| chart.problems.len()) > 2.0 * mean(&children, &|chart| chart.problems.len()));
    for person in &old {
        assert!(person.insurances.iter().any(|insurance| insurance.payer.id == "medicare"));
    }
}

#[test]
fn children_are_vaccinated_by_schedule() {
    let mut complete = 0;
    let children: Vec<Chart> = charts(400).filter(|chart| (6..14).contains(&chart.person.age())).collect();
    for child in &children {
        let doses = |cvx: &str| child.immunizations.iter().filter(|shot| shot.vaccine.cvx == cvx).count();
        assert!(doses("20") <= 5 && doses("03") <= 2 && doses("187") == 0 && doses("113") == 0);
        complete += usize::from(doses("20") == 5 && doses("03") == 2);
        let first = child.immunizations.iter().find(|shot| shot.vaccine.cvx == "03");
        assert!(first.is_none_or(|shot| (0.95..2.2).contains(&child.person.age_on(shot.day))));
    }
    assert!(complete * 10 >= children.len() * 8, "{complete} of {}", children.len());
}

#[test]
fn patients_allergic_to_penicillin_get_none() {
    let mut allergic = 0;
    for chart in
        charts(1000).filter(|chart| chart.allergies.iter().any(|allergy| allergy.kind.code.2 == "penicillin V"))
    {
        allergic += 1;
        assert!(!takes(&chart, "penicillin") && !takes(&chart, "amoxicillin"), "{}", chart.person.name());
    }
    assert!(allergic > 20);
}

#[test]
fn every_part_of_a_record_is_between_birth_and_its_end_and_in_order() {
    for chart in charts(400) {
        let days: [Vec<chrono::NaiveDate>; 6] = [
            chart.medications.iter().map(|one| one.start).collect(),
            chart.allergies.iter().map(|one| one.noticed).collect(),
            chart.immunizations.iter().map(|one| one.day).collect(),
            chart.procedures.iter().map(|one| one.day).collect(),
            chart.documents.iter().map(|one| one.at.date()).collect(),
            chart.devices.iter().map(|one| one.since).collect(),
        ];
        for days in days {
            assert!(days.is_sorted());
            assert!(days.iter().all(|day| (chart.person.born..=AS_OF).contains(day)), "{}", chart.person.name());
        }
        for report in &chart.reports {
            assert!(!report.observations.is_empty());
            assert!(report.observations.iter().all(|at| chart.observations[*at].at == report.at));
        }
    }
}
