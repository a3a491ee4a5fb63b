// fhirclient's functions for observations.

import { SmartError } from "../errors.js";

/** The value at a dot-separated path. An empty step applies the rest of the path to each item of an array. */
export function getPath(whole, path) {
  const [step, ...rest] = String(path ?? "").trim().split(".");
  if (!whole || (step === "" && rest.length === 0)) return whole;
  const isArrayStep = step === "" && Array.isArray(whole);
  if (isArrayStep) return whole.map((part) => getPath(part, rest.join(".")));
  return rest.length === 0 ? whole[step] : getPath(whole[step], rest.join("."));
}

/** Observations, grouped by the codes of a CodeableConcept. */
export function byCode(observations, property) {
  const found = new Map();
  for (const observation of [observations].flat()) {
    if (observation?.resourceType !== "Observation") continue;
    for (const code of codesOf(observation[property])) found.set(code, [...(found.get(code) ?? []), observation]);
  }
  return Object.fromEntries(found);
}

/** A function that returns the observations with some codes. */
export function byCodes(observations, property) {
  const found = byCode(observations, property);
  return (...codes) => codes.flatMap((code) => (Object.hasOwn(found, code) ? found[code] : []));
}

function codesOf(concepts) {
  return [concepts].flat().flatMap((concept) => [concept?.coding].flat().flatMap((coding) => coding?.code ?? []));
}

const centimetres = { cm: 1, m: 100, in: 2.54, "[in_us]": 2.54, "[in_i]": 2.54, ft: 30.48, "[ft_us]": 30.48, "[ft_i]": 30.48 };
const poundsInKilogram = 2.20462;
const ouncesInKilogram = 35.274;

/** Quantities (`value` and UCUM `code`) in the usual units. */
export const units = {
  cm(quantity) {
    const { value, code } = numeric(quantity);
    if (Object.hasOwn(centimetres, code)) return value * centimetres[code];
    throw unknownUnit("length", code);
  },
  kg(quantity) {
    const { value, code } = numeric(quantity);
    if (code === "kg") return value;
    if (code === "g") return value / 1000;
    if (/lb/.test(code)) return value / poundsInKilogram;
    if (/oz/.test(code)) return value / ouncesInKilogram;
    throw unknownUnit("weight", code);
  },
  any(quantity) {
    return numeric(quantity).value;
  },
};

function numeric(quantity) {
  if (typeof quantity?.value === "number") return quantity;
  throw new SmartError("invalid_quantity", "The quantity's value is not a number: check it before the conversion.");
}

function unknownUnit(kind, code) {
  return new SmartError("invalid_quantity", `${code} is not a known unit of ${kind}: convert the value first.`);
}
