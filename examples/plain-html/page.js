import { SmartApp } from "/pkg/index.js";

const app = new SmartApp({
  clientId: "plain-html",
  scope: "launch/patient openid fhirUser offline_access patient/*.rs",
  trustedIssuers: ["http://localhost:9080/webchart.cgi/fhir"],
});

const element = (id) => document.getElementById(id);
const say = (text) => (element("status").textContent = text);

async function show(session) {
  const patient = await session.patient.read();
  const [name] = patient.name ?? [];
  element("name").textContent = [...(name?.given ?? []), name?.family].join(" ");
  element("born").textContent = `Born ${patient.birthDate}`;
  element("patient").hidden = false;
  if (!session.mayRead("Condition")) return say("Connected. The conditions were not shared.");
  for await (const condition of session.patient.search("Condition")) {
    const item = document.createElement("li");
    item.textContent = condition.code?.text ?? condition.code?.coding?.[0]?.display ?? "Unnamed condition";
    element("conditions").append(item);
  }
  say("Connected.");
}

element("connect").addEventListener("click", () => app.launch().catch((error) => say(error.message)));

try {
  const session = await app.resume();
  element("connect").hidden = session !== null;
  element("sign-out").hidden = session === null;
  say("Not connected.");
  if (session) {
    session.addEventListener("signedout", () => location.reload());
    element("sign-out").addEventListener("click", () => session.signOut());
    await show(session);
  }
} catch (error) {
  element("connect").hidden = false;
  say(error.message);
}
