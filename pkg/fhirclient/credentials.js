// The secret or key by which a confidential client authenticates. It is never kept: each page gives it anew.

import { SmartError } from "../errors.js";
import { wrong } from "./parameters.js";

const algorithms = {
  ES384: { name: "ECDSA", namedCurve: "P-384" },
  RS384: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
};

/** Which of the two the parameters for a launch hold. */
export function credentialOf({ clientSecret, clientPrivateJwk }) {
  if (clientSecret !== undefined && clientPrivateJwk !== undefined) {
    throw wrong("clientSecret", "it stands beside clientPrivateJwk; give one of the two");
  }
  if (clientSecret !== undefined) return "clientSecret";
  return clientPrivateJwk === undefined ? undefined : "privateKey";
}

/** The record of a server with the secret or key, which it must have if it is said to lack one. */
export async function withCredential(server, { clientSecret, privateKey, clientPublicKeySetUrl: jku }, lacks) {
  if (lacks === "clientSecret" && clientSecret === undefined) {
    throw wrong(
      "clientSecret",
      "it is not kept from page to page; give it to FHIR.oauth2.ready() too, or keep it on a server of yours (tokenProxy)",
    );
  }
  if (lacks === "privateKey" && privateKey === undefined) {
    throw wrong("privateKey", "it is not kept from page to page; give it to FHIR.oauth2.ready() too");
  }
  if (clientSecret !== undefined) return { ...server, clientSecret };
  if (privateKey === undefined) return server;
  const { kid, alg, key } = privateKey;
  return { ...server, key: { privateKey: key ?? (await imported(privateKey, algorithms[alg])), kid, ...(jku && { jku }) } };
}

async function imported(jwk, algorithm) {
  // A set of operations that lacks signing has Web Crypto refuse the key.
  const { key_ops: _, ...plain } = jwk;
  try {
    return await crypto.subtle.importKey("jwk", plain, algorithm, false, ["sign"]);
  } catch (cause) {
    throw new SmartError("invalid_configuration", "The private key is no private JWK with the alg ES384 or RS384.", { cause });
  }
}
