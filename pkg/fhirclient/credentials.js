// The secret or key of a confidential client. It is never stored: each page passes it again.

import { SmartError } from "../errors.js";
import { invalid } from "./parameters.js";

const algorithms = {
  ES384: { name: "ECDSA", namedCurve: "P-384" },
  RS384: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
};

/** The name of the credential in the parameters of a launch. */
export function credentialOf({ clientSecret, clientPrivateJwk }) {
  if (clientSecret !== undefined && clientPrivateJwk !== undefined) {
    throw invalid("clientSecret", "clientPrivateJwk is set, too; set only one of the two");
  }
  if (clientSecret !== undefined) return "clientSecret";
  return clientPrivateJwk === undefined ? undefined : "privateKey";
}

/** The server with its credential. If the stored launch lacks one, it must be passed. */
export async function withCredential(server, { clientSecret, privateKey, clientPublicKeySetUrl: jku }, lacks) {
  if (lacks === "clientSecret" && clientSecret === undefined) {
    throw invalid(
      "clientSecret",
      "it is not stored between pages; pass it to FHIR.oauth2.ready(), too, or keep it on your server (tokenProxy)",
    );
  }
  if (lacks === "privateKey" && privateKey === undefined) {
    throw invalid("privateKey", "it is not stored between pages; pass it to FHIR.oauth2.ready(), too");
  }
  if (clientSecret !== undefined) return { ...server, clientSecret };
  if (privateKey === undefined) return server;
  const { kid, alg, key } = privateKey;
  return { ...server, key: { privateKey: key ?? (await importKey(privateKey, algorithms[alg])), kid, ...(jku && { jku }) } };
}

async function importKey(jwk, algorithm) {
  // Web Crypto rejects a key whose key_ops do not include signing.
  const { key_ops: _, ...plain } = jwk;
  try {
    return await crypto.subtle.importKey("jwk", plain, algorithm, false, ["sign"]);
  } catch (cause) {
    throw new SmartError("invalid_configuration", "The private key is not a private JWK with the alg ES384 or RS384.", { cause });
  }
}
