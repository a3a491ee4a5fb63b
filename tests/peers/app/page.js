// What every app does when its page opens. The outcome stays on `globalThis.opened`, for the tests to go on from.

import { SmartApp } from "/pkg/index.js";

const server = await (await fetch("app.json")).json();
const app = new SmartApp({ server });
const opened = { app, session: null, error: null, events: [] };

try {
  opened.session = await app.resume();
  for (const type of ["refreshed", "identitychecked", "signedout"]) {
    opened.session?.on(type, (error) => opened.events.push({ type, code: error?.code }));
  }
} catch ({ code, message, error, errorDescription }) {
  opened.error = { code, message, error, errorDescription };
}
globalThis.opened = opened;
