// As an app is written for fhirclient 2, but for the first line.

import FHIR from "smartrust/fhirclient";
import { settings } from "./settings.js";

const { clientId, scope, trustedIssuers } = settings;
const connect = document.querySelector("button");

async function show() {
  const client = await FHIR.oauth2.ready();
  const patient = await client.patient.read();
  const names = patient.name.map(({ given = [], family = "" }) => [...given, family].join(" "));
  document.querySelector("output").textContent = `Patient ${client.patient.id}: ${names.join(", ")}`;
}

if (new URLSearchParams(location.search).has("code")) {
  show();
} else {
  connect.addEventListener("click", () => FHIR.oauth2.authorize({ clientId, scope, iss: trustedIssuers[0], redirectUri: "./" }));
  connect.hidden = false;
}
