// What fhirclient's authorize() takes, read as the record of a server.

import { SmartError } from "../errors.js";
import { unsupported } from "./unsupported.js";

/** Members of the native configuration that are taken as they are. */
const native = [
  "discoveryBase",
  "aud",
  "tokenEndpointAuthMethod",
  "basicEncoding",
  "tokenProxy",
  "trustedAudiences",
  "allowMissingNonce",
  "allowInsecureHttp",
];

const pkceModes = { ifSupported: "send", unsafeV1: "send", required: "required", disabled: "disabled" };

const remedies = {
  launch: "it comes with the EHR's launch link, in the page's address.",
  stateKey:
    "each launch makes a state of its own that nobody can guess; keep what you want to find again under a key of your own.",
  wellKnownRequestOptions: "discovery is a plain request; a server that asks for more needs a proxy.",
  conformanceRequestOptions: "discovery is a plain request; a server that asks for more needs a proxy.",
};

/** The parameters for a launch: the only ones, or the first of several that trust the issuer in the page's address. */
export function chosen(parameters, iss) {
  if (!Array.isArray(parameters)) return parameters ?? {};
  if (!iss) throw wrong("iss", "there are several configurations, and the page's address has no iss to choose by");
  const own = parameters.find((one) => trusts(one, iss));
  if (own) return own;
  throw untrusted(iss, "no configuration has it as its iss, in its trustedIssuers, or matches it by issMatch");
}

/** The issuer to launch at: the one in the page's address, which the configuration must know, else the configured one. */
export function issuerOf(parameters, iss) {
  if (!iss) return parameters.iss;
  if (trusts(parameters, iss)) return iss;
  throw untrusted(iss, "name it as iss or in trustedIssuers of FHIR.oauth2.authorize(), if you know it");
}

function trusts({ iss: own, trustedIssuers = [], issMatch }, iss) {
  return [own, ...trustedIssuers].some((issuer) => issuer !== undefined && same(issuer, iss)) || matches(issMatch, iss);
}

function matches(issMatch, iss) {
  if (typeof issMatch === "function") return issMatch(iss) === true;
  if (typeof issMatch === "string") return same(issMatch, iss);
  if (!(issMatch instanceof RegExp)) return false;
  // The whole address: a part of it can stand in anybody's.
  return new RegExp(`^(?:${issMatch.source})$`, issMatch.flags.replace(/[gmy]/g, "")).test(iss);
}

function same(one, other) {
  return String(one).replace(/\/$/, "") === other.replace(/\/$/, "");
}

/** The record of the server at `iss`, without the client's secret or key. */
export function serverOf(parameters, iss) {
  refuseAll(parameters);
  const { pkceMode = "ifSupported" } = parameters;
  if (!Object.hasOwn(pkceModes, pkceMode)) throw wrong("pkceMode", `it is none of ${Object.keys(pkceModes).join(", ")}`);
  return {
    fhirBase: iss,
    clientId: clientIdOf(parameters),
    redirectUri: redirectUriOf(parameters),
    scope: parameters.scope ?? "",
    pkce: pkceModes[pkceMode],
    ...picked(parameters, native),
  };
}

/** Whether what was kept comes of these parameters. */
export function isOf(parameters, { server, state }) {
  if (state) return !parameters.iss && parameters.fhirServiceUrl === state.serverUrl;
  return clientIdOf(parameters) === server.clientId && trusts(parameters, server.fhirBase);
}

/** The name by which the server knows the app. */
function clientIdOf({ clientId, client_id: oldName }) {
  return clientId ?? oldName;
}

/** The state for a server that asks for no token. */
export function openState(parameters) {
  const { fhirServiceUrl, fakeTokenResponse, patientId, encounterId, scope } = parameters;
  const context = picked({ patient: patientId, encounter: encounterId }, ["patient", "encounter"]);
  return {
    serverUrl: fhirServiceUrl,
    clientId: clientIdOf(parameters),
    scope,
    tokenResponse: { ...fakeTokenResponse, ...context },
  };
}

/** Where the user comes back to: absolute, by default the page's folder. */
export function redirectUriOf({ redirectUri, redirect_uri: oldName }) {
  const given = redirectUri ?? oldName ?? ".";
  if (!URL.canParse(given, location.href)) throw wrong("redirectUri", "it is no address");
  return new URL(given, location.href).href;
}

function refuseAll(parameters) {
  for (const [name, remedy] of Object.entries(remedies)) {
    if (parameters[name] !== undefined) throw unsupported(name, remedy);
  }
  const invented = ["patientId", "encounterId", "fakeTokenResponse"].find((name) => parameters[name] !== undefined);
  if (invented) {
    throw unsupported(`${invented} beside iss`, "what is in context is for the server to say; an open server is fhirServiceUrl.");
  }
}

function picked(parameters, names) {
  return Object.fromEntries(names.flatMap((name) => (parameters[name] === undefined ? [] : [[name, parameters[name]]])));
}

export function wrong(member, problem) {
  return new SmartError("invalid_configuration", `The configuration's ${member} is wrong: ${problem}.`);
}

function untrusted(iss, remedy) {
  return new SmartError("untrusted_issuer", `This app was opened from ${iss}, which it does not know: ${remedy}.`);
}
