import type { CodeableConcept, Observation } from "fhir/r4";

const textOf = (concept?: CodeableConcept) => concept?.text ?? concept?.coding?.find(({ display }) => display)?.display;

/** A result as text. Results have many forms; those that this example does not know are named, so that no row is blank. */
export function resultText(result: Observation): string {
  const { valueQuantity, valueCodeableConcept, valueString, valueInteger, valueBoolean, dataAbsentReason } = result;
  if (valueQuantity) {
    const { comparator, value, unit } = valueQuantity;
    return [comparator, value, unit].filter((part) => part !== undefined).join(" ");
  }
  const simple = valueString ?? textOf(valueCodeableConcept) ?? valueInteger ?? valueBoolean;
  if (simple !== undefined) return String(simple);
  if (dataAbsentReason) return textOf(dataAbsentReason) ?? "No value";
  return result.component || result.hasMember ? "Several values" : "Another form of value";
}
