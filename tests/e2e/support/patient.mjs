// The patient in the EHR's responses, to compare with what a page shows.

import { iss } from "./servers.mjs";

/** The id, family name and first given name of the patient in the launch context, as the EHR sent them. */
export async function patientOf(traffic) {
  const { patient } = await traffic.tokenResponse("authorization_code");
  const [request] = traffic.to(`${iss}/Patient/${patient}`);
  const { id, name } = await (await request.response()).json();
  const { family, given } = name.find(({ use }) => use === "official") ?? name[0];
  return { id, names: [family, given[0]] };
}

/** Whether a string includes each of the names. */
export function includesAll(text, names) {
  return names.every((name) => text.includes(name));
}
