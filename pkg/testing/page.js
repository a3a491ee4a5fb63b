import { invalid } from "./errors.js";

/** Lets a function run while the page has a URL: the URL of the document, or where there is none, of a stand-in. */
export async function atUrl(url, run) {
  if (globalThis.document) {
    showInDocument(url);
    return run();
  }
  const { location, history } = globalThis;
  globalThis.location = new URL(url);
  globalThis.history = { state: null, replaceState() {} };
  try {
    return await run();
  } finally {
    restore({ location, history });
  }
}

function showInDocument(url) {
  const { origin } = new URL(url);
  if (origin !== location.origin) {
    throw invalid(
      `The redirect URI is at ${origin}, but the page of this test is at ${location.origin}. Leave redirectUri out in the test, or set the URL of the ` +
        "test environment: in Jest testEnvironmentOptions.url, in Vitest environmentOptions.jsdom.url.",
    );
  }
  history.replaceState(history.state, "", url);
}

function restore(globals) {
  for (const [name, value] of Object.entries(globals)) {
    if (value === undefined) delete globalThis[name];
    else globalThis[name] = value;
  }
}
