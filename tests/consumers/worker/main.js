import { settings } from "./settings.js";

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.addEventListener("message", ({ data }) => {
  document.querySelector("output").textContent = JSON.stringify(data);
});
worker.postMessage(settings.trustedIssuers[0]);
