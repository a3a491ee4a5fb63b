// An app that was written for fhirclient 2.

import { settings } from "./settings.js";

const { clientId, scope, trustedIssuers } = settings;

/** Shows a button that connects, and after the launch the patient and the number of conditions. */
export async function start(FHIR) {
  if (new URLSearchParams(location.search).has("code")) {
    document.querySelector("output").textContent = await summaryOf(await FHIR.oauth2.ready());
    return;
  }
  const connect = document.querySelector("button");
  connect.addEventListener("click", () => FHIR.oauth2.authorize({ clientId, scope, iss: trustedIssuers[0], redirectUri: "./" }));
  connect.hidden = false;
}

async function summaryOf(client) {
  const patient = await client.patient.read();
  const names = patient.name.map(({ given = [], family = "" }) => [...given, family].join(" "));
  const options = { flat: true, pageLimit: 0, resolveReferences: "subject" };
  const conditions = await client.request(`Condition?patient=${client.patient.id}`, options);
  const state = conditions.every(({ subject }) => subject.id === patient.id) ? "complete" : "without their patient";
  return `Patient ${client.patient.id}: ${names.join(", ")}; ${conditions.length} conditions, ${state}`;
}
