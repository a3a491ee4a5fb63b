// The apps that are registered at oidc-provider: their registrations and their configurations.

import { generateKeyPairSync } from "node:crypto";

const scope = "launch/patient openid fhirUser offline_access patient/*.rs";

/** An id and a secret with characters that have a meaning in a form, a header or a URL. */
const specialCharacters = { client_id: "app:1 /%+=&\"~", client_secret: "s:e c/r%e+t=&\"~?#%20" };

/** The algorithms with which an ID token can be signed. */
export const idTokenAlgorithms = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512"];

/** Whether the ID tokens of a client have an at_hash. By default, oidc-provider issues none. */
export function hasAtHash({ clientId }) {
  return clientId.startsWith("signed-");
}

/** Each app by the name of its folder on the app's origin. This name is the default client id. */
function definitions({ keyAlgorithms, protectsRegistration }) {
  const none = { token_endpoint_auth_method: "none" };
  return {
    ...(protectsRegistration && { kept: { registration: { ...none, software_id: "kept-software" }, record: { softwareId: "kept-software" } } }),
    public: { registration: none },
    "without-pkce": { registration: none, record: { pkce: "disabled" } },
    "secret-basic": { registration: { ...specialCharacters, token_endpoint_auth_method: "client_secret_basic" } },
    "secret-basic-raw": {
      registration: { ...specialCharacters, client_id: `${specialCharacters.client_id}raw`, token_endpoint_auth_method: "client_secret_basic" },
      record: { basicEncoding: "raw" },
    },
    "secret-post": {
      registration: { ...specialCharacters, client_id: `${specialCharacters.client_id}post`, token_endpoint_auth_method: "client_secret_post" },
    },
    ...Object.fromEntries(
      idTokenAlgorithms.map((algorithm) => [
        `signed-${algorithm}`,
        { registration: { ...none, id_token_signed_response_alg: algorithm } },
      ]),
    ),
    ...Object.fromEntries(keyAlgorithms.map((algorithm) => [`key-${algorithm}`, withKey(algorithm)])),
  };
}

const keyTypes = { RS384: ["rsa", { modulusLength: 2048 }], ES384: ["ec", { namedCurve: "P-384" }] };

/** A client that authenticates with signed assertions, and its private key. */
function withKey(algorithm) {
  const { publicKey, privateKey } = generateKeyPairSync(...keyTypes[algorithm]);
  const members = { kid: `${algorithm}-1`, alg: algorithm, use: "sig" };
  return {
    registration: {
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: algorithm,
      jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), ...members }] },
    },
    privateKey: { ...privateKey.export({ format: "jwk" }), ...members },
  };
}

/**
 * The apps with their registrations at the provider (RFC 7591 section 2) and their server records for the npm package. For each of
 * `keyAlgorithms` (RS384, ES384), there is an additional app that authenticates with signed assertions; with `protectsRegistration`, one that
 * may register clients with keys of their own.
 */
export function makeApps(appOrigin, fhirBase, options) {
  return Object.entries(definitions(options)).map(([folder, { registration, record, privateKey }]) => {
    const redirectUri = `${appOrigin}/${folder}/`;
    const { client_id: clientId = folder, client_secret: clientSecret } = registration;
    const method = registration.token_endpoint_auth_method;
    return {
      folder,
      privateKey,
      registration: {
        client_id: clientId,
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        ...registration,
      },
      record: {
        fhirBase,
        clientId,
        ...(clientSecret && { clientSecret, tokenEndpointAuthMethod: method }),
        ...(privateKey && { tokenEndpointAuthMethod: method, key: { kid: privateKey.kid, jwk: privateKey } }),
        redirectUri,
        scope,
        ...record,
      },
    };
  });
}
