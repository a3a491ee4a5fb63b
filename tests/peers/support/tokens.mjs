// Reads and modifies the provider's tokens.

import { modifyJson } from "../../e2e/support/responses.mjs";

/** Decodes the header of a JWT. */
export function headerOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split(".")[0], "base64url").toString());
}

/** The same JWT with one flipped bit in its signature. */
export function withWrongSignature(jwt) {
  const [header, claims, signature] = jwt.split(".");
  const bytes = Buffer.from(signature, "base64url");
  bytes[10] ^= 1;
  return [header, claims, bytes.toString("base64url")].join(".");
}

/** Passes every token response to `change`, which returns the response for the page. */
export async function modifyTokens(page, peer, change) {
  await modifyJson(page, `${peer.issuer}/token`, change);
}
