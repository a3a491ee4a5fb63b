// Without a session, a worker runs the backend service. With a session, a worker reads with the page's session.

import { SmartApp } from "smartrust";
import { settings } from "./settings.js";

const app = new SmartApp(settings);
const session = await app.resume();
if (session === null) showConnect();
else shareSession(session);

function showConnect() {
  const connect = document.querySelector("button");
  connect.addEventListener("click", () => app.launch());
  connect.hidden = false;
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }) => show(JSON.stringify(data)));
  worker.postMessage(settings.trustedIssuers[0]);
}

/** Shares this tab's session with a worker, which reads, and refreshes or ends the session after a click. */
function shareSession(session) {
  const worker = new Worker(new URL("./session-worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data, ports: [port] }) => (port ? respond(port, data) : show(data.shown)));
  session.addEventListener("refreshed", async () => showEvent(`refreshed, reads Patient ${(await session.patient.read()).id}`));
  session.addEventListener("signedout", ({ detail }) => showEvent(detail.code));
  for (const method of ["refresh", "signOut"]) {
    const button = document.createElement("button");
    button.textContent = method;
    button.addEventListener("click", () => worker.postMessage({ method }));
    document.querySelector("main").append(button);
  }
  worker.postMessage({ id: session.id, config: { ...settings, redirectUri: location.origin + location.pathname } });
}

const tab = {
  get: (key) => sessionStorage.getItem(key),
  set: (key, value) => sessionStorage.setItem(key, value),
  remove: (key) => sessionStorage.removeItem(key),
  keys: (prefix) => Object.keys(sessionStorage).filter((key) => key.startsWith(prefix)),
};

function respond(port, { method, parameters }) {
  try {
    port.postMessage({ value: tab[method](...parameters) });
  } catch {
    port.postMessage({});
  }
}

function show(text) {
  document.querySelector("output").textContent = text;
}

/** Shows an event that the page's session received after a call of the worker. */
function showEvent(event) {
  const line = document.createElement("p");
  line.textContent = `Page event: ${event}`;
  document.querySelector("main").append(line);
}
