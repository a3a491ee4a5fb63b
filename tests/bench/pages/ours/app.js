import { SmartApp } from "/smartrust/smartrust.min.js";

const app = new SmartApp({ clientId: "plain-html", scope: "SCOPE", trustedIssuers: ["FHIR_BASE"] });
const session = (await app.resume()) ?? (await app.launch());
if (session) {
  window.patient = await session.patient.read();
  performance.mark("patient");
  window.read = () => session.read("Patient/1");
}
