// Opens the session of its page. A worker has no sessionStorage, so its store sends messages to the page.

import { SmartApp } from "smartrust";
import { summaryOf } from "./app.js";

function callPage(method, ...parameters) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => ("value" in data ? resolve(data.value) : reject(new Error("The page's storage failed.")));
    postMessage({ method, parameters }, { transfer: [port2] });
  });
}

const store = {
  get: (key) => callPage("get", key),
  set: (key, value) => callPage("set", key, value),
  remove: (key) => callPage("remove", key),
  keys: (prefix) => callPage("keys", prefix),
};

let session;

addEventListener("message", async ({ data: { id, config, method } }) => {
  if (config) session = (await new SmartApp({ ...config, store }).sessions()).find((other) => other.id === id);
  else await session[method]();
  postMessage({ shown: await summaryOf(session).catch(({ code }) => code) });
});
