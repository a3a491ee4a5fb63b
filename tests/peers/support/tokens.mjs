// Tokens as the provider sends them, and what somebody on the way might make of them.

import { modifyJson } from "../../e2e/support/responses.mjs";

/** The header of a JWT. */
export function headerOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split(".")[0], "base64url").toString());
}

/** The same JWT with one bit of its signature turned. */
export function withWrongSignature(jwt) {
  const [header, claims, signature] = jwt.split(".");
  const bytes = Buffer.from(signature, "base64url");
  bytes[10] ^= 1;
  return [header, claims, bytes.toString("base64url")].join(".");
}

/** Lets `change` alter every token response on its way to the page. */
export async function modifyTokens(page, peer, change) {
  await modifyJson(page, `${peer.issuer}/token`, change);
}
