// The people who can log in, and their data in the EHR. oidc-provider's log-in page accepts any password.

export const ada = { accountId: "ada", fhirUser: "Patient/ada-1815", patient: "ada-1815" };
export const grace = { accountId: "grace", fhirUser: "Practitioner/grace-1906" };

const people = [ada, grace];

export const patients = [
  { resourceType: "Patient", id: "ada-1815", name: [{ family: "Lovelace", given: ["Ada"] }], birthDate: "1815-12-10" },
  { resourceType: "Patient", id: "mary-1780", name: [{ family: "Somerville", given: ["Mary"] }], birthDate: "1780-12-26" },
];

/** Five heart rates for each patient. */
export const observations = patients.flatMap(({ id }) =>
  [61, 64, 67, 70, 73].map((value, index) => ({
    resourceType: "Observation",
    id: `${id}-${index + 1}`,
    status: "final",
    code: { coding: [{ system: "http://loinc.org", code: "8867-4", display: "Heart rate" }] },
    subject: { reference: `Patient/${id}` },
    valueQuantity: { value, unit: "/min" },
  })),
);

/** The person with an account, or undefined. */
export function personOf(accountId) {
  return people.find((person) => person.accountId === accountId);
}
