// As an app is written for fhirclient 2, but for the first line.

import FHIR from "smartrust/fhirclient";
import { settings } from "./settings.js";

const { clientId, scope, trustedIssuers } = settings;
const connect = document.querySelector("button");

async function show() {
  const client = await FHIR.oauth2.ready();
  const patient = await client.patient.read();
  const names = patient.name.map(({ given = [], family = "" }) => [...given, family].join(" "));
  const options = { flat: true, pageLimit: 0, resolveReferences: "subject" };
  const conditions = await client.request(`Condition?patient=${client.patient.id}`, options);
  const state = conditions.every(({ subject }) => subject.id === patient.id) ? "complete" : "without their patient";
  const found = `${conditions.length} conditions, ${state}`;
  document.querySelector("output").textContent = `Patient ${client.patient.id}: ${names.join(", ")}; ${found}`;
}

if (new URLSearchParams(location.search).has("code")) {
  show();
} else {
  connect.addEventListener("click", () => FHIR.oauth2.authorize({ clientId, scope, iss: trustedIssuers[0], redirectUri: "./" }));
  connect.hidden = false;
}
