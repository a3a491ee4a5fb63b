import { SmartApp, follow, refuse } from "../../pkg/hub.js";

const app = new SmartApp({
  clientId: "my-app",
  scope: "launch openid patient/*.rs fhircast/Patient-open.* fhircast/Patient-close.read fhircast/UserLogout.read messaging/ui",
  trustedIssuers: ["http://localhost:9080/webchart.cgi/fhir"],
});

const element = (id) => document.getElementById(id);
const say = (text) => (element("status").textContent = text);

function log(text) {
  const item = document.createElement("li");
  item.textContent = text;
  element("events").append(item);
}

const states = {
  connecting: "Connecting to the hub…",
  synced: "This app shows what the chart shows.",
  behind: "This app may show another patient than the chart.",
  denied: "The hub ended the subscription.",
  closed: "The connection to the hub has ended.",
  off: "This app does not follow the chart.",
};

const views = { locked: "The record is hidden.", nothing: "No patient is open." };

/** Shows the record only while the session lasts and the hub says that its patient is open. */
function show({ active, hub }) {
  const isOpen = active && hub.view.state === "open" && hub.state !== "connecting";
  element("record").hidden = !isOpen;
  element("question").hidden = !active || hub.view.state !== "locked";
  element("other").textContent = hub.view.patient ?? "Another patient";
  if (!active) say("Signed out.");
  else say(views[hub.view.state] ?? states[hub.state]);
}

/** What the user decides about another patient. */
function askUser() {
  return new Promise((resolve) => {
    element("stay").onclick = () => resolve(refuse("The user stays with this patient."));
  });
}

async function start(session) {
  const { hub, ehr } = session;
  const patient = await session.patient.read();
  const [name] = patient.name ?? [];
  element("name").textContent = [...(name?.given ?? []), name?.family].join(" ");
  element("born").textContent = `Born ${patient.birthDate}`;
  for (const type of ["viewchange", "statechange"]) hub.addEventListener(type, () => show(session));
  session.addEventListener("signedout", () => show(session));
  hub.addEventListener("notfollowed", ({ detail }) => log(`${detail.subscriber ?? "Another app"} did not follow.`));
  const report = (error) => log(error.message);
  element("open").onclick = () => hub.open("Patient-open", [{ key: "patient", resource: patient }]).then(() => log("Opened in the other apps."), report);
  element("close").onclick = () => ehr.done().catch(report);
  await hub.subscribe({
    events: ["Patient-open", "Patient-close", "UserLogout"],
    name: "Follow the chart",
    onEvent: ({ name, patient, subject }) => {
      log(`${name}: ${subject?.name ?? "no patient"}`);
      return patient === "other" && name === "Patient-open" ? askUser() : follow;
    },
  });
  show(session);
}

try {
  const session = (await app.resume()) ?? (new URLSearchParams(location.search).has("launch") ? await app.launch() : null);
  if (session) await start(session);
  else say("Open this page from a chart of the sandbox EHR.");
} catch (error) {
  say(error.message);
}
