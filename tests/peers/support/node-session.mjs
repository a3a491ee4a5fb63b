// A session of the npm package in Node, which has no page: its address is a variable, and the redirect is followed by hand.

import { SmartApp } from "../../../pkg/node.js";

globalThis.location = { href: "http://app.invalid/" };
globalThis.history = {
  state: null,
  replaceState(_state, _title, address) {
    globalThis.location.href = new URL(address, globalThis.location.href).href;
  },
};

let turn = Promise.resolve();

/** Signs in at a server that asks nothing. One at a time, as there is one address. */
export function sessionInNode(record) {
  turn = turn.then(() => signIn(record));
  return turn;
}

async function signIn(record) {
  const app = new SmartApp({ server: record, store: "memory" });
  const departure = await fetch(await app.authorizationUrl(), { redirect: "manual" });
  globalThis.location.href = departure.headers.get("location");
  return app.resume();
}
