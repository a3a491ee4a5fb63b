// Without a session a worker acts as a service; with one, a worker reads what the page would have read itself.

import { SmartApp } from "smartrust";
import { settings } from "./settings.js";

const app = new SmartApp(settings);
const session = await app.resume();
if (session === null) connectable();
else handOver(session);

function connectable() {
  const connect = document.querySelector("button");
  connect.addEventListener("click", () => app.launch());
  connect.hidden = false;
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }) => show(JSON.stringify(data)));
  worker.postMessage(settings.trustedIssuers[0]);
}

/** Lends this tab's session to a worker, which reads, and at a click renews the session or ends it. */
function handOver(session) {
  const worker = new Worker(new URL("./session-worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data, ports: [port] }) => (port ? answer(port, data) : show(data.shown)));
  session.addEventListener("refreshed", async () => tell(`refreshed, and reads Patient ${(await session.patient.read()).id}`));
  session.addEventListener("signedout", ({ detail }) => tell(detail.code));
  for (const work of ["refresh", "signOut"]) {
    const button = document.createElement("button");
    button.textContent = work;
    button.addEventListener("click", () => worker.postMessage({ work }));
    document.querySelector("main").append(button);
  }
  worker.postMessage({ id: session.id, config: { ...settings, redirectUri: location.origin + location.pathname } });
}

const tab = {
  get: (key) => sessionStorage.getItem(key),
  set: (key, text) => sessionStorage.setItem(key, text),
  remove: (key) => sessionStorage.removeItem(key),
  keys: (prefix) => Object.keys(sessionStorage).filter((key) => key.startsWith(prefix)),
};

function answer(port, { method, parameters }) {
  try {
    port.postMessage({ value: tab[method](...parameters) });
  } catch {
    port.postMessage({});
  }
}

function show(text) {
  document.querySelector("output").textContent = text;
}

/** Shows what the page's own session hears of the worker's. */
function tell(event) {
  const line = document.createElement("p");
  line.textContent = `The page heard: ${event}`;
  document.querySelector("main").append(line);
}
