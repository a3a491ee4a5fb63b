// An EHR whose authorization server is oidc-provider with its strict defaults. This file adds what SMART requires.

import "./quiet.mjs";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";
import { createMemoryAdapter } from "oidc-provider/lib/adapters/memory_adapter.js";
import { hasAtHash, idTokenAlgorithms, makeApps } from "./apps.mjs";
import { fhirApi } from "./fhir.mjs";
import { listen, startHost } from "./host.mjs";
import { addOwnClients, endAll, registerScope, settings as ownClients } from "./own-clients.mjs";
import { personOf } from "./people.mjs";

/**
 * Starts the EHR and the host of the apps on free ports; `keyAlgorithms` as in `makeApps`. With `protectsRegistration`, only an app with
 * an access token for it can register a client, which has a key of its own.
 */
export async function startPeer({ keyAlgorithms = [], protectsRegistration = false } = {}) {
  const host = await startHost((folder) => apps.find((app) => app.folder === folder)?.record);
  const server = createServer((request, response) => handle(request, response));
  const issuer = await listen(server, "127.0.0.1");
  const fhirBase = `${issuer}/fhir`;
  const apps = makeApps(host.origin, fhirBase, { keyAlgorithms, protectsRegistration });
  const registrations = apps.map(({ registration }) => registration);
  const launches = new Map();
  const rsaKey = generateKeyPairSync("rsa", { modulusLength: 2048 });
  let ellipticKeys = makeEllipticKeys();
  const contexts = new Map();
  const own = protectsRegistration ? { contexts, kept: new Map(), assertions: [] } : undefined;
  const settings = { issuer, fhirBase, registrations, launches, contexts, own, ...storage() };
  const withKeys = () => makeProvider({ ...settings, keys: [rsaKey, ...ellipticKeys] });
  let provider = withKeys();

  const fhir = fhirApi({
    base: fhirBase,
    smartConfiguration: () => smartConfiguration(issuer),
    findToken: (token) => token && provider.AccessToken.find(token),
  });

  function handle(request, response) {
    if (request.url.startsWith("/fhir/")) return fhir(request, response);
    // oidc-provider lets no page of another origin register a client.
    if (request.url.startsWith("/reg") && allowOrigin(request, response)) return response.writeHead(204).end();
    return provider.callback()(request, response);
  }

  return {
    issuer,
    fhirBase,
    /** An app by its folder. */
    app: (folder) => apps.find((app) => app.folder === folder),
    /** Serves an additional app that is not registered at the provider. Its record is completed later. */
    addApp(folder) {
      const app = { folder, record: { fhirBase, redirectUri: `${host.origin}/${folder}/` } };
      apps.push(app);
      return app;
    },
    /** Creates the `launch` parameter of an EHR launch for a patient. */
    launchFor(patient) {
      const launch = randomBytes(16).toString("base64url");
      launches.set(launch, patient);
      return launch;
    },
    /** Replaces the keys for ES256, ES384 and ES512. With `keepOld`, the old keys are still published. */
    rotateKeys({ keepOld }) {
      ellipticKeys = [...makeEllipticKeys(), ...(keepOld ? ellipticKeys : [])];
      provider = withKeys();
    },
    /** The verified assertions of the clients that were registered with an access token: header, claims and form of the token request. */
    assertions: own?.assertions,
    /** Ends the connections of these clients, as the clinic does. */
    endConnections: () => endAll(provider, own.kept),
    /** Posts a form to the provider as a client. Returns the status and the body of the response. */
    post: (path, client, form) => post(`${issuer}${path}`, client, form),
    async stop() {
      for (const each of [server, host.server]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
}

/** Storage that is kept when keys are rotated. */
function storage() {
  return { adapter: createMemoryAdapter(), cookieKey: randomBytes(32).toString("base64url") };
}

function makeEllipticKeys() {
  return ["P-256", "P-384", "P-521"].map((namedCurve) => generateKeyPairSync("ec", { namedCurve }));
}

/** Lets pages of every origin send a request. Returns whether it is a preflight. */
function allowOrigin(request, response) {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-headers", "Authorization, Accept, Content-Type");
  response.setHeader("access-control-allow-methods", "GET, POST, PUT, DELETE");
  return request.method === "OPTIONS";
}

function makeProvider({ issuer, fhirBase, registrations, keys, adapter, cookieKey, launches, contexts, own }) {
  const provider = new Provider(issuer, {
    adapter,
    clients: registrations,
    jwks: { keys: keys.map(({ privateKey }) => ({ ...privateKey.export({ format: "jwk" }), use: "sig" })) },
    cookies: { keys: [cookieKey] },
    features: {
      introspection: { enabled: true },
      revocation: { enabled: true },
      registration: { enabled: true, ...(own && ownClients.registration) },
      registrationManagement: { enabled: true },
    },
    ...(own && { extraClientMetadata: ownClients.extraClientMetadata }),
    enabledJWA: { idTokenSigningAlgValues: idTokenAlgorithms, clientAuthSigningAlgValues: ["RS384", "ES384"] },
    // A client may send requests from the origins of its redirect URIs; one with a key of its own has none.
    clientBasedCORS: (_, origin, { redirectUris }) => redirectUris.length === 0 || redirectUris.some((uri) => new URL(uri).origin === origin),
    findAccount: (_, accountId) => personOf(accountId) && accountOf(personOf(accountId), fhirBase),
    // Additions of SMART: scopes, parameters, fhirUser, and the launch context.
    scopes: ["openid", "offline_access", "launch", "launch/patient", "fhirUser", "patient/*.rs", ...(own ? [registerScope] : [])],
    claims: { openid: ["sub"], fhirUser: ["fhirUser"] },
    conformIdTokenClaims: false,
    extraParams: ["aud", "launch"],
    extraTokenClaims: (_, token) => contexts.get(token.grantId),
  });
  provider.on("authorization.success", ({ oidc }) => {
    const patient = launches.get(oidc.params.launch) ?? personOf(oidc.session.accountId).patient;
    contexts.set(oidc.entities.Grant.jti, { patient });
  });
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route === "token" && ctx.status === 200) Object.assign(ctx.body, ctx.oidc.entities.AccessToken.extra);
  });
  if (own) addOwnClients(provider, own);
  const { issue } = provider.IdToken.prototype;
  // oidc-provider only adds at_hash in the hybrid flow.
  provider.IdToken.prototype.issue = function (options) {
    const accessToken = this.ctx.oidc.entities.AccessToken;
    if (options.use === "idtoken" && hasAtHash(this.client)) this.set("at_hash", accessToken.jti);
    return issue.call(this, options);
  };
  return provider;
}

function accountOf({ accountId, fhirUser }, fhirBase) {
  return { accountId, claims: () => ({ sub: accountId, fhirUser: `${fhirBase}/${fhirUser}` }) };
}

/** The provider's OpenID configuration with the members that SMART requires. */
async function smartConfiguration(issuer) {
  const own = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const launches = ["launch-standalone", "launch-ehr", "context-standalone-patient", "context-ehr-patient"];
  const clients = ["client-public", "client-confidential-symmetric", "client-confidential-asymmetric"];
  const rest = ["sso-openid-connect", "permission-offline", "permission-patient", "permission-v2"];
  return { ...own, capabilities: [...launches, ...clients, ...rest] };
}

/** Posts a form with the client authentication of a registration. */
async function post(url, { client_id, client_secret, token_endpoint_auth_method: method }, form) {
  const body = new URLSearchParams(form);
  const headers = {};
  const encode = (value) => new URLSearchParams({ "": value }).toString().slice(1);
  if (method === "client_secret_basic") {
    headers.authorization = `Basic ${btoa(`${encode(client_id)}:${encode(client_secret)}`)}`;
  } else {
    body.set("client_id", client_id);
    if (client_secret) body.set("client_secret", client_secret);
  }
  const response = await fetch(url, { method: "POST", headers, body });
  const text = await response.text();
  return { status: response.status, body: text && JSON.parse(text) };
}
