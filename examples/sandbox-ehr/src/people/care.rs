//! A person's care team, goals, plans, insurance and devices.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::measures::{self, Measure};
use super::problems::{self, Problem, ProblemKind};
use super::procedures::{self, Procedure, ProcedureKind};
use super::staff::{self, Practitioner};
use super::{AS_OF, Person};

/// The provider who is responsible for a patient.
pub fn responsible(person: &Person) -> &'static Practitioner {
    if person.age() < 18 { &staff::PEDIATRICIAN } else { &staff::PROVIDER }
}

/// The care team; the responsible provider is first.
pub fn team(person: &Person, known: &[Problem]) -> Vec<&'static Practitioner> {
    let has = |kinds: &[&ProblemKind]| {
        kinds.iter().any(|kind| problems::find(known, kind).is_some_and(|problem| problem.is_active_on(AS_OF)))
    };
    let mut team = vec![responsible(person)];
    if has(&[&problems::CORONARY, &problems::FIBRILLATION]) {
        team.push(&staff::CARDIOLOGIST);
    }
    if has(&[&problems::DIABETES, &problems::HYPOTHYROIDISM]) {
        team.push(&staff::ENDOCRINOLOGIST);
    }
    if known.iter().filter(|problem| problem.resolved.is_none()).count() > 2 {
        team.push(&staff::NURSE);
    }
    team
}

/// A value to stay below.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// The position of its problem in the chart.
    pub problem: usize,
    pub description: &'static str,
    pub measure: &'static Measure,
    pub below: f64,
    pub start: NaiveDate,
    pub due: NaiveDate,
}

/// A problem's goal, and the plan for it.
struct Aim {
    problem: &'static ProblemKind,
    description: &'static str,
    measure: &'static Measure,
    below: f64,
    plan: &'static str,
    activities: &'static [&'static str],
}

static AIMS: [Aim; 4] = [
    Aim {
        problem: &problems::DIABETES,
        description: "Hemoglobin A1c below 7 %",
        measure: &measures::HBA1C,
        below: 7.0,
        plan: "Diabetes care plan",
        activities: &[
            "Hemoglobin A1c every four months",
            "Eye and foot examination every year",
            "Half an hour of brisk walking on five days a week",
            "Meals with less sugar and white flour",
        ],
    },
    Aim {
        problem: &problems::HYPERTENSION,
        description: "Systolic blood pressure below 130 mmHg",
        measure: &measures::SYSTOLIC,
        below: 130.0,
        plan: "Blood pressure care plan",
        activities: &["Measure blood pressure at home twice a week", "Less than 2 g of sodium a day"],
    },
    Aim {
        problem: &problems::HYPERLIPIDEMIA,
        description: "LDL cholesterol below 100 mg/dL",
        measure: &measures::LDL,
        below: 100.0,
        plan: "Cholesterol care plan",
        activities: &["Lipid panel every year", "Fish instead of red meat twice a week"],
    },
    Aim {
        problem: &problems::OBESITY,
        description: "Body mass index below 30",
        measure: &measures::BMI,
        below: 30.0,
        plan: "Weight care plan",
        activities: &["Keep a food diary", "Weigh once a week"],
    },
];

/// A plan for one problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The position of its goal in the chart.
    pub goal: usize,
    pub title: &'static str,
    pub activities: &'static [&'static str],
    pub start: NaiveDate,
}

/// The goals of a person, and a plan for each.
pub fn goals_and_plans(known: &[Problem]) -> (Vec<Goal>, Vec<Plan>) {
    let mut both: Vec<(Goal, &Aim)> = AIMS
        .iter()
        .filter_map(|aim| {
            let (position, problem) = problems::find_code(known, aim.problem.snomed)?;
            let start = problem.onset.max(AS_OF - Months::new(60));
            let goal = Goal {
                problem: position,
                description: aim.description,
                measure: aim.measure,
                below: aim.below,
                start,
                due: AS_OF + Months::new(6),
            };
            problem.is_active_on(AS_OF).then_some((goal, aim))
        })
        .collect();
    both.sort_by_key(|(goal, _)| goal.start);
    let plans = both.iter().enumerate().map(|(position, (goal, aim))| Plan {
        goal: position,
        title: aim.plan,
        activities: aim.activities,
        start: goal.start,
    });
    let plans = plans.collect();
    (both.into_iter().map(|(goal, _)| goal).collect(), plans)
}

/// A person's insurance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insurance {
    pub payer: &'static staff::Organization,
    /// A code of the Source of Payment Typology, and its name.
    pub kind: (&'static str, &'static str),
    /// A code of FHIR's subscriber-relationship.
    pub relationship: (&'static str, &'static str),
    pub start: NaiveDate,
    pub end: Option<NaiveDate>,
    pub number: String,
}

/// The insurances of a person, the oldest first: people over 65 had another one before Medicare.
pub fn insurances(person: &Person) -> Vec<Insurance> {
    let number = |prefix: &str| format!("{prefix}{:08}", 40_000_000 + u64::from(person.number) * 6_151 % 50_000_000);
    let own = ("self", "Self");
    let start = person.born.max(AS_OF - Months::new(84)).with_day(1).unwrap_or(person.born).max(person.born);
    let commercial = |relationship, end| Insurance {
        payer: &staff::COMMERCIAL,
        kind: ("512", "Commercial Managed Care - PPO"),
        relationship,
        start,
        end,
        number: number("WM"),
    };
    let medicaid = |relationship| Insurance {
        payer: &staff::MEDICAID,
        kind: ("2", "MEDICAID"),
        relationship,
        start,
        end: None,
        number: number("HM"),
    };
    let retired = (person.born + Months::new(65 * 12)).with_day(1).unwrap_or(person.born);
    if retired <= AS_OF {
        let medicare = Insurance {
            payer: &staff::MEDICARE,
            kind: ("1", "MEDICARE"),
            relationship: own,
            start: retired,
            end: None,
            number: number("MB"),
        };
        let before = (start < retired).then(|| commercial(own, Some(retired - Days::new(1))));
        return before.into_iter().chain([medicare]).collect();
    }
    let relationship = if person.age() < 18 { ("child", "Child") } else { own };
    let has_little = person.number % 5 == 2;
    vec![if has_little { medicaid(relationship) } else { commercial(relationship, None) }]
}

/// A kind of device.
#[derive(Debug, PartialEq, Eq)]
pub struct DeviceKind {
    pub snomed: &'static str,
    pub display: &'static str,
    pub is_implanted: bool,
}

pub static STENT: DeviceKind = DeviceKind { snomed: "705643001", display: "Coronary artery stent", is_implanted: true };
pub static PACEMAKER: DeviceKind = DeviceKind { snomed: "14106009", display: "Cardiac pacemaker", is_implanted: true };
pub static GLUCOSE_METER: DeviceKind =
    DeviceKind { snomed: "337414009", display: "Blood glucose meter", is_implanted: false };
pub static AIRWAY_PRESSURE: DeviceKind =
    DeviceKind { snomed: "702172008", display: "Home continuous positive airway pressure unit", is_implanted: false };

/// Every kind, so that tests can check the codes.
#[cfg(test)]
pub static DEVICES: [&DeviceKind; 4] = [&STENT, &PACEMAKER, &GLUCOSE_METER, &AIRWAY_PRESSURE];

/// A device of a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    pub kind: &'static DeviceKind,
    pub since: NaiveDate,
    pub serial: String,
}

/// All devices of a person, the oldest first.
pub fn devices(person: &Person, known: &[Problem], done: &[Procedure]) -> Vec<Device> {
    let by_procedure: [(&ProcedureKind, &'static DeviceKind); 2] =
        [(&procedures::CORONARY_INTERVENTION, &STENT), (&procedures::PACEMAKER, &PACEMAKER)];
    let implanted = by_procedure.into_iter().filter_map(|(procedure, device)| {
        done.iter().find(|done| done.kind == procedure).map(|done| (device, done.day))
    });
    let by_problem = [("44054006", &GLUCOSE_METER), ("78275009", &AIRWAY_PRESSURE)];
    let carried = by_problem
        .into_iter()
        .filter_map(|(snomed, device)| Some((device, problems::find_code(known, snomed)?.1.onset + Days::new(14))));
    let mut devices: Vec<Device> = implanted
        .chain(carried)
        .filter(|(_, since)| *since < AS_OF)
        .map(|(kind, since)| Device { kind, since, serial: format!("SN{:05}{}", person.number, &kind.snomed[..4]) })
        .collect();
    devices.sort_by_key(|device| (device.since, device.kind.snomed));
    devices
}
