// fhirclient's FHIR.oauth2: a launch that ends in a Client.

import { SmartError } from "../errors.js";
import { SmartApp } from "../index.js";
import { Client } from "./client.js";
import { credentialOf, withCredential } from "./credentials.js";
import { keep, kept } from "./kept.js";
import { chosen, isOf, issuerOf, openState, redirectUriOf, serverOf, wrong } from "./parameters.js";
import { wayOf } from "./target.js";
import { unsupported } from "./unsupported.js";

/** Leaves the page for the authorization server, or with `noRedirect` gives its address. */
export async function authorize(given) {
  const page = pageOf("FHIR.oauth2.authorize()");
  const iss = issIn(page);
  const parameters = chosen(given, iss);
  const issuer = issuerOf(parameters, iss);
  if (issuer) return launch(parameters, issuer, page);
  if (parameters.fhirServiceUrl) return goOn(parameters);
  throw wrong("iss", "it is missing, here and in the page's address; for an open server give fhirServiceUrl");
}

async function launch(parameters, issuer, page) {
  const way = wayOf(parameters);
  const server = serverOf(parameters, issuer);
  const lacks = credentialOf(parameters);
  keep({ server, lacks, jku: parameters.clientPublicKeySetUrl });
  // Nothing is awaited for a public client, so that the browser still sees the user's click when a popup opens.
  const app = new SmartApp({ server: lacks ? await withCredential(server, credentialsIn(parameters), lacks) : server });
  if (parameters.noRedirect) return withoutChoice(page, () => app.authorizationUrl());
  if (way === "popup") {
    await withoutChoice(page, () => app.launchInPopup());
    location.assign(server.redirectUri);
  } else {
    await withoutChoice(page, () => app.launch());
  }
  return undefined;
}

/** Goes on to the page of the redirect, where ready() finds the open server. */
function goOn(parameters) {
  const redirectUri = redirectUriOf(parameters);
  const state = openState(parameters);
  new Client(state);
  keep({ state });
  if (parameters.noRedirect) return redirectUri;
  location.assign(redirectUri);
  return undefined;
}

/** The client on the page of the redirect, and after every reload. Functions are called in the manner of fhirclient's first version. */
export function ready(options, onError) {
  if (typeof options !== "function") return clientOf(options);
  return clientOf().then(options, onError);
}

async function clientOf(options) {
  const client = await restored(kept(), options);
  if (client) return client;
  throw new SmartError(
    "no_launch",
    "This page has no launch to come back from: call FHIR.oauth2.authorize() first, in this tab.",
  );
}

/** The client, or on a page that completes the launch of its own window, where there is none yet, a launch. */
export async function init(parameters, options) {
  const found = kept();
  const own = [parameters ?? {}].flat().find((one) => found && isOf(one, found));
  const client = own && (await restored(found, { ...credentialsIn(own), ...options }));
  if (client) return client;
  await authorize(parameters);
  return never();
}

/** The client of what was kept; `null` where there is none, or an EHR's launch link asks for a new one. */
async function restored(found, options = {}) {
  const page = pageOf("FHIR.oauth2.ready()");
  for (const name of ["code", "stateKey"]) {
    if (options[name] !== undefined) {
      throw unsupported(name, "it is read from the page's address; open the redirect's address itself.");
    }
  }
  if (!found) return null;
  if (found.state) return page.searchParams.has("iss") ? null : new Client(found.state);
  const session = await (await appOf(found, options)).resume();
  if (session) return new Client(session);
  // The window of a popup hands its redirect over to the page that opened it, and closes.
  return isRedirect(page) ? never() : null;
}

let latest = {};

/** The app of a server, one for a page, so that calls that meet share the launch. */
function appOf({ server, lacks, jku }, options) {
  const name = JSON.stringify(server);
  if (latest.name !== name) latest = { name, app: made(server, { clientPublicKeySetUrl: jku, ...options }, lacks) };
  return latest.app;
}

async function made(server, options, lacks) {
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
  throw new SmartError("navigation_unavailable", `${what} needs a page: for a service use BackendClient of smartrust/backend.`);
}

function isRedirect({ searchParams }) {
  return searchParams.has("state") && (searchParams.has("code") || searchParams.has("error"));
}

/** The issuer in the page's address, unless a redirect tells its own there (RFC 9207). */
function issIn(page) {
  const [iss, ...more] = isRedirect(page) ? [] : page.searchParams.getAll("iss");
  if (more.length > 0) {
    throw new SmartError("invalid_launch_link", "The page's address has several iss: open the app from the EHR again.");
  }
  return iss || undefined;
}

/** Works while an issuer without a launch, which is the user's choice of a server and no launch link, is out of the page's address. */
async function withoutChoice(page, work) {
  if (!page.searchParams.has("iss") || page.searchParams.has("launch")) return work();
  const { href, searchParams } = page;
  searchParams.delete("iss");
  history.replaceState(history.state, "", page);
  try {
    return await work();
  } finally {
    history.replaceState(history.state, "", href);
  }
}

function never() {
  return new Promise(() => {});
}
