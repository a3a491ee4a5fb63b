// A session of the npm package in Node. Instead of a page, `location` is an object, and the redirect is read from the response.

import { SmartApp } from "../../../pkg/node.js";

globalThis.location = { href: "http://app.invalid/" };
globalThis.history = {
  state: null,
  replaceState(_state, _title, url) {
    globalThis.location.href = new URL(url, globalThis.location.href).href;
  },
};

let last = Promise.resolve();

/** Signs in at a server without a log-in. Sign-ins run one after another, because they share `location`. */
export function sessionInNode(record) {
  last = last.then(() => signIn(record));
  return last;
}

async function signIn(record) {
  const app = new SmartApp({ server: record, store: "memory" });
  const response = await fetch(await app.authorizationUrl(), { redirect: "manual" });
  globalThis.location.href = response.headers.get("location");
  return app.resume();
}
