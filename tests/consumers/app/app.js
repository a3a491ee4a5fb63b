// The app that every consumer builds. The test writes `settings.js` for each.

import { settings } from "./settings.js";

/** Shows a button that connects, and after the launch the patient and the number of conditions. */
export async function start(SmartApp) {
  const app = new SmartApp(settings);
  const session = await app.resume();
  if (session === null) {
    const connect = document.querySelector("button");
    connect.addEventListener("click", () => app.launch());
    connect.hidden = false;
    return;
  }
  document.querySelector("output").textContent = await summaryOf(session);
}

/** Describes the patient of a session and the number of conditions. */
export async function summaryOf(session) {
  const patient = await session.patient.read();
  const names = patient.name.map(({ given = [], family = "" }) => [...given, family].join(" "));
  const [conditions] = await session.loadRecord({ queries: ["Condition"] });
  const found = `${conditions.resources.length} conditions, ${conditions.state}`;
  return `Patient ${patient.id}: ${names.join(", ")}; ${found}`;
}
