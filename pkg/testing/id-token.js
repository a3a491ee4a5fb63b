import { invalid } from "./errors.js";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** The bytes of a string or a buffer in base64url. */
function base64url(content) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content);
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Web Crypto. Test environments that imitate a browser may lack it, but run in Node. */
function webCrypto() {
  const subtle = globalThis.crypto?.subtle ?? globalThis.process?.getBuiltinModule?.("node:crypto").webcrypto.subtle;
  if (!subtle) throw invalid("scriptedServer needs Web Crypto, which this test environment lacks: use Node 20.16 or newer.");
  return subtle;
}

/** The PKCE challenge of a verifier (RFC 7636 section 4.2). */
export async function challengeOf(verifier) {
  return base64url(await webCrypto().digest("SHA-256", new TextEncoder().encode(verifier)));
}

/** The key that signs ID tokens. It is generated when it is first needed. */
export class IdTokenKey {
  #pair;

  #generated() {
    return (this.#pair ??= webCrypto().generateKey(algorithm, false, ["sign", "verify"]));
  }

  /** The JWK Set with the public key. */
  async jwks() {
    const { publicKey } = await this.#generated();
    const { kty, crv, x, y } = await webCrypto().exportKey("jwk", publicKey);
    return { keys: [{ kty, crv, x, y, kid: "test", use: "sig", alg: "ES256" }] };
  }

  /** A signed ID token. */
  async sign(claims) {
    const { privateKey } = await this.#generated();
    const signed = [{ alg: "ES256", typ: "JWT", kid: "test" }, claims].map((part) => base64url(JSON.stringify(part))).join(".");
    return `${signed}.${base64url(await webCrypto().sign(algorithm, privateKey, new TextEncoder().encode(signed)))}`;
  }
}
