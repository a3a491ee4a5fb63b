// Reads the parameters of fhirclient's authorize() as a server of the configuration.

import { SmartError } from "../errors.js";
import { unsupported } from "./unsupported.js";

/** Members of the configuration of `smartrust`, which are passed on unchanged. */
const passedOn = [
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
  launch: "it is read from the EHR's launch link, which is the page's URL.",
  stateKey:
    "each launch creates a random state. To find data again after the redirect, store it under a key of your own.",
  wellKnownRequestOptions: "discovery sends a plain request. For a server that requires more, use a proxy.",
  conformanceRequestOptions: "discovery sends a plain request. For a server that requires more, use a proxy.",
};

/** The configuration for a launch: the only one, or the first of several that trusts the issuer in the page's URL. */
export function selectConfiguration(parameters, iss) {
  if (!Array.isArray(parameters)) return parameters ?? {};
  if (!iss) throw invalid("iss", "there are several configurations, and the page's URL has no iss that selects one");
  const own = parameters.find((one) => trusts(one, iss));
  if (own) return own;
  throw untrusted(iss, "if you trust it, add it to a configuration as its iss, in its trustedIssuers, or by its issMatch");
}

/** The issuer of a launch: the one in the page's URL, which the configuration must trust, otherwise the configured one. */
export function issuerOf(parameters, iss) {
  if (!iss) return parameters.iss;
  if (trusts(parameters, iss)) return iss;
  throw untrusted(iss, "if you trust it, pass it to FHIR.oauth2.authorize() as iss or in trustedIssuers");
}

function trusts({ iss: own, trustedIssuers = [], issMatch }, iss) {
  return [own, ...trustedIssuers].some((issuer) => issuer !== undefined && same(issuer, iss)) || matches(issMatch, iss);
}

function matches(issMatch, iss) {
  if (typeof issMatch === "function") return issMatch(iss) === true;
  if (typeof issMatch === "string") return same(issMatch, iss);
  if (!(issMatch instanceof RegExp)) return false;
  // The pattern must match the whole URL, because any URL may contain a part that matches.
  return new RegExp(`^(?:${issMatch.source})$`, issMatch.flags.replace(/[gmy]/g, "")).test(iss);
}

function same(one, other) {
  return String(one).replace(/\/$/, "") === other.replace(/\/$/, "");
}

/** The server at `iss`, without the client's credential. */
export function serverOf(parameters, iss) {
  rejectUnsupported(parameters);
  if (!URL.canParse(iss)) throw invalid("iss", "it is not a URL");
  const { pkceMode = "ifSupported" } = parameters;
  if (!Object.hasOwn(pkceModes, pkceMode)) throw invalid("pkceMode", `it must be one of ${Object.keys(pkceModes).join(", ")}`);
  return {
    fhirBase: iss,
    clientId: clientIdOf(parameters),
    redirectUri: redirectUriOf(parameters),
    scope: parameters.scope ?? "",
    pkce: pkceModes[pkceMode],
    ...pick(parameters, passedOn),
  };
}

/** Whether a stored launch was started with these parameters. */
export function isLaunchOf({ server, state }, parameters) {
  if (state) return !parameters.iss && parameters.fhirServiceUrl === state.serverUrl;
  return clientIdOf(parameters) === server.clientId && trusts(parameters, server.fhirBase);
}

/** The client ID. fhirclient 1 called it `client_id`. */
function clientIdOf({ clientId, client_id: oldName }) {
  return clientId ?? oldName;
}

/** The state for a server without authorization. */
export function openState(parameters) {
  const { fhirServiceUrl, fakeTokenResponse, patientId, encounterId, scope } = parameters;
  const context = pick({ patient: patientId, encounter: encounterId }, ["patient", "encounter"]);
  return {
    serverUrl: fhirServiceUrl,
    clientId: clientIdOf(parameters),
    scope,
    tokenResponse: { ...fakeTokenResponse, ...context },
  };
}

/** The absolute redirect URI, by default the page's folder. */
export function redirectUriOf({ redirectUri, redirect_uri: oldName }) {
  const given = redirectUri ?? oldName ?? ".";
  if (!URL.canParse(given, location.href)) throw invalid("redirectUri", "it is not a URL");
  return new URL(given, location.href).href;
}

function rejectUnsupported(parameters) {
  for (const [name, remedy] of Object.entries(remedies)) {
    if (parameters[name] !== undefined) throw unsupported(name, remedy);
  }
  const invented = ["patientId", "encounterId", "fakeTokenResponse"].find((name) => parameters[name] !== undefined);
  if (invented) {
    throw unsupported(`${invented} beside iss`, "the server decides what is in context. For an open server, use fhirServiceUrl instead of iss.");
  }
}

function pick(parameters, names) {
  return Object.fromEntries(names.flatMap((name) => (parameters[name] === undefined ? [] : [[name, parameters[name]]])));
}

export function invalid(member, problem) {
  return new SmartError("invalid_configuration", `The configuration's ${member} is wrong: ${problem}.`);
}

function untrusted(iss, remedy) {
  return new SmartError("untrusted_issuer", `This app was opened from ${iss}, which is not configured: ${remedy}.`);
}
