// The app that every consumer builds. `settings.js` is written for each.

import { settings } from "./settings.js";

/** Shows a button that connects, and after the launch who the patient is and, of the record, how many conditions were found. */
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

/** Who the patient of a session is, and what was found. */
export async function summaryOf(session) {
  const patient = await session.patient.read();
  const names = patient.name.map(({ given = [], family = "" }) => [...given, family].join(" "));
  // Of the second WebAssembly file, which has to be found too.
  const [conditions] = await session.loadRecord({ queries: ["Condition"] });
  const found = `${conditions.resources.length} conditions, ${conditions.state}`;
  return `Patient ${patient.id}: ${names.join(", ")}; ${found}`;
}
