// The patient in the EHR, to compare with what a page shows.

import { iss } from "./servers.mjs";

/**
 * The id, family name and first given name of the patient in the launch context, as the EHR sends them. The page's own response is not
 * used, because the browser does not always keep the body of a worker's response.
 */
export async function patientOf(traffic) {
  const { patient, access_token } = await traffic.tokenResponse("authorization_code");
  const response = await fetch(`${iss}/Patient/${patient}`, { headers: { Authorization: `Bearer ${access_token}` } });
  const { id, name } = await response.json();
  const { family, given } = name.find(({ use }) => use === "official") ?? name[0];
  return { id, names: [family, given[0]] };
}

/** Whether a string includes each of the names. */
export function includesAll(text, names) {
  return names.every((name) => text.includes(name));
}
