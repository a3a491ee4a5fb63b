//! When resources changed, and which were deleted. Both depend only on the resource and the population.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use serde_json::{Value, json};

use crate::fhir::ResourceType;
use crate::people::AS_OF;

/// The members with dates and times.
const DATES: [&str; 13] = [
    "/abatementDateTime",
    "/authoredOn",
    "/date",
    "/effectiveDateTime",
    "/issued",
    "/occurrenceDateTime",
    "/performedDateTime",
    "/period/end",
    "/period/start",
    "/recorded",
    "/recordedDate",
    "/startDate",
    "/manufactureDate",
];

/// One in this many patients has a deleted resource.
const DELETED_OF: u32 = 5;

/// The type of the deleted resources.
pub const DELETED_TYPE: ResourceType = ResourceType::Observation;

/// When a resource last changed: the last date in it, or, if it has none, a day that depends on its ID.
pub fn changed(resource: &Value) -> NaiveDateTime {
    let reported = DATES.iter().filter_map(|place| moment(resource.pointer(place)?.as_str()?)).max();
    reported.unwrap_or_else(|| {
        let id = resource["id"].as_str().unwrap_or_default();
        let number = id.bytes().fold(0_u64, |number, byte| (number * 31 + u64::from(byte)) % 3_650);
        (AS_OF - Days::new(number)).and_time(NaiveTime::MIN)
    })
}

/// A date or a dateTime in UTC. A time without an offset is read as UTC.
fn moment(text: &str) -> Option<NaiveDateTime> {
    match text.len() {
        10 => text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN)),
        _ => DateTime::parse_from_rfc3339(text).map(|moment| moment.naive_utc()).or_else(|_| text.parse()).ok(),
    }
}

/// The resources of a patient that were deleted since then, as a line of the manifest's `deleted` files: a transaction of DELETE entries.
pub fn deleted(number: u32, since: NaiveDateTime) -> Option<Value> {
    if !number.is_multiple_of(DELETED_OF) {
        return None;
    }
    let at = AS_OF.and_time(NaiveTime::MIN) - TimeDelta::days(i64::from(number * 97 % 1_825));
    let url = format!("{}/{number}-x1", DELETED_TYPE.name());
    (at > since).then(|| {
        json!({
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{ "request": { "method": "DELETE", "url": url } }]
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        moment(text).unwrap()
    }

    #[test]
    fn a_resource_changed_at_its_last_date() {
        let resource = json!({ "id": "1-c1", "recordedDate": "2020-03-01", "abatementDateTime": "2021-05-02" });
        assert_eq!(changed(&resource), at("2021-05-02"));
        let visit = json!({ "id": "1-e1", "period": { "start": "2024-05-01T23:30:00-05:00" } });
        assert_eq!(changed(&visit), at("2024-05-02T04:30:00Z"));
    }

    #[test]
    fn a_resource_without_a_date_has_a_day_within_ten_years() {
        let days: Vec<_> = (1..60).map(|number| changed(&json!({ "id": number.to_string() }))).collect();
        assert!(days.iter().all(|day| *day <= at("2026-06-30") && *day > at("2016-06-30")));
        assert_ne!(days[0], days[40]);
    }

    #[test]
    fn earlier_deletions_are_not_listed_again() {
        let ever = at("1990-01-01");
        let reported: Vec<u32> = (1..=50).filter(|number| deleted(*number, ever).is_some()).collect();
        assert_eq!(reported.len(), 10);
        assert!(reported.iter().all(|number| deleted(*number, at("2026-07-01")).is_none()));
        let since = at("2024-01-01");
        let lately = reported.iter().filter(|number| deleted(**number, since).is_some()).count();
        assert!(lately > 0 && lately < reported.len());
    }
}
