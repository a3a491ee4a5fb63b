// Takes up the session of the page that started it. A worker has no sessionStorage, so it asks the page for what the tab keeps.

import { SmartApp } from "smartrust";
import { summaryOf } from "./app.js";

function ask(method, ...parameters) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => ("value" in data ? resolve(data.value) : reject(new Error("The page's storage failed.")));
    postMessage({ method, parameters }, { transfer: [port2] });
  });
}

const store = {
  get: (key) => ask("get", key),
  set: (key, text) => ask("set", key, text),
  remove: (key) => ask("remove", key),
  keys: (prefix) => ask("keys", prefix),
};

let session;

addEventListener("message", async ({ data: { id, config, work } }) => {
  if (config) session = (await new SmartApp({ ...config, store }).sessions()).find((one) => one.id === id);
  else await session[work]();
  postMessage({ shown: await summaryOf(session).catch(({ code }) => code) });
});
