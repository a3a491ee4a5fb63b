// fhirclient's FHIR.oauth2: launches that return a Client.

import { SmartError } from "../errors.js";
import { SmartApp } from "../index.js";
import { Client } from "./client.js";
import { credentialOf, withCredential } from "./credentials.js";
import { storeLaunch, storedLaunch } from "./stored-launch.js";
import { invalid, isLaunchOf, issuerOf, openState, redirectUriOf, selectConfiguration, serverOf } from "./parameters.js";
import { targetOf } from "./target.js";
import { unsupported } from "./unsupported.js";

/** Navigates to the authorization server or, with `noRedirect`, returns the URL. */
export async function authorize(configuration) {
  const page = pageOf("FHIR.oauth2.authorize()");
  const iss = issIn(page);
  const parameters = selectConfiguration(configuration, iss);
  const issuer = issuerOf(parameters, iss);
  if (issuer) return launch(parameters, issuer, page);
  if (parameters.fhirServiceUrl) return openWithoutLaunch(parameters);
  throw invalid("iss", "it is missing, also in the page's URL; for an open server, set fhirServiceUrl");
}

async function launch(parameters, issuer, page) {
  const target = targetOf(parameters);
  const server = serverOf(parameters, issuer);
  const lacks = credentialOf(parameters);
  storeLaunch({ server, lacks, jku: parameters.clientPublicKeySetUrl });
  // Nothing is awaited for a public client, so that the browser attributes the popup to the user's click.
  const app = new SmartApp({ server: lacks ? await withCredential(server, credentialsIn(parameters), lacks) : server });
  if (parameters.noRedirect) return withoutIss(page, () => app.authorizationUrl());
  if (target === "popup") {
    await withoutIss(page, () => app.launchInPopup());
    location.assign(server.redirectUri);
  } else {
    await withoutIss(page, () => app.launch());
  }
  return undefined;
}

/** Navigates to the redirect page, where ready() uses the open server. */
function openWithoutLaunch(parameters) {
  const redirectUri = redirectUriOf(parameters);
  const state = openState(parameters);
  new Client(state);
  storeLaunch({ state });
  if (parameters.noRedirect) return redirectUri;
  location.assign(redirectUri);
  return undefined;
}

/** The client on the redirect page, and after each reload. As in fhirclient 1, it also takes callbacks. */
export function ready(options, onError) {
  if (typeof options !== "function") return clientOf(options);
  return clientOf().then(options, onError);
}

async function clientOf(options) {
  const client = await restored(storedLaunch(), options);
  if (client) return client;
  throw new SmartError(
    "no_launch",
    "This tab has not started a launch: call FHIR.oauth2.authorize() first.",
  );
}

/** The client; if there is none yet, it launches. For pages that complete the launch in their own window. */
export async function init(parameters, options) {
  const found = storedLaunch();
  const own = [parameters ?? {}].flat().find((one) => found && isLaunchOf(found, one));
  const client = own && (await restored(found, { ...credentialsIn(own), ...options }));
  if (client) return client;
  await authorize(parameters);
  return never();
}

/** The client of a stored launch; `null` if there is none, or an EHR's launch link starts a new one. */
async function restored(found, options = {}) {
  const page = pageOf("FHIR.oauth2.ready()");
  for (const name of ["code", "stateKey"]) {
    if (options[name] !== undefined) {
      throw unsupported(name, "it is read from the page's URL. Open the URL of the redirect itself.");
    }
  }
  if (!found) return null;
  if (found.state) return page.searchParams.has("iss") ? null : new Client(found.state);
  const session = await (await appOf(found, options)).resume();
  if (session) return new Client(session);
  // A popup sends its redirect to the page that opened it, and closes.
  return isRedirect(page) ? never() : null;
}

let latest = {};

/** The app of a server. It is the same for concurrent calls, so that they share the launch. */
function appOf({ server, lacks, jku }, options) {
  const name = JSON.stringify(server);
  if (latest.name !== name) latest = { name, app: createApp(server, { clientPublicKeySetUrl: jku, ...options }, lacks) };
  return latest.app;
}

async function createApp(server, options, lacks) {
  try {
    return new SmartApp({ server: await withCredential(server, options, lacks) });
  } catch (error) {
    latest = {};
    throw error;
  }
}

function credentialsIn({ clientSecret, clientPrivateJwk: privateKey, clientPublicKeySetUrl }) {
  return { clientSecret, privateKey, clientPublicKeySetUrl };
}

function pageOf(what) {
  if (globalThis.location && globalThis.sessionStorage) return new URL(location.href);
  throw new SmartError("navigation_unavailable", `${what} needs a page: in a service, use BackendClient of smartrust/backend.`);
}

function isRedirect({ searchParams }) {
  return searchParams.has("state") && (searchParams.has("code") || searchParams.has("error"));
}

/** The issuer in the page's URL, unless it is a redirect, which may have its own `iss` (RFC 9207). */
function issIn(page) {
  const [iss, ...more] = isRedirect(page) ? [] : page.searchParams.getAll("iss");
  if (more.length > 0) {
    throw new SmartError("invalid_launch_link", "The page's URL has several iss parameters: open the app from the EHR again.");
  }
  return iss || undefined;
}

/**
 * Calls a function while the page's URL has no `iss`. Without a `launch`, it is the server that the user selected, and not a launch link.
 */
async function withoutIss(page, call) {
  if (!page.searchParams.has("iss") || page.searchParams.has("launch")) return call();
  const { href, searchParams } = page;
  searchParams.delete("iss");
  history.replaceState(history.state, "", page);
  try {
    return await call();
  } finally {
    history.replaceState(history.state, "", href);
  }
}

function never() {
  return new Promise(() => {});
}
