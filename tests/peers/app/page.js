// The script of every app's page. It resumes the session, and sets `globalThis.opened` for the tests.

import { SmartApp } from "/pkg/index.js";

const server = await (await fetch("app.json")).json();
if (server.key) server.key.privateKey = await importKey(server.key.jwk);
const app = new SmartApp({ server });
const opened = { app, session: null, error: null, events: [] };

try {
  opened.session = await app.resume();
  for (const type of ["refreshed", "identitychecked", "signedout"]) {
    opened.session?.addEventListener(type, ({ detail }) => opened.events.push({ type, code: detail?.code }));
  }
} catch ({ code, message, error, errorDescription }) {
  opened.error = { code, message, error, errorDescription };
}
globalThis.opened = opened;

/** Imports the app's private key as non-extractable. */
function importKey(jwk) {
  const algorithms = {
    RS384: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
    ES384: { name: "ECDSA", namedCurve: "P-384" },
  };
  return crypto.subtle.importKey("jwk", jwk, algorithms[jwk.alg], false, ["sign"]);
}
