// Responses with content other than a resource.

import { SmartError } from "../errors.js";
import { unsupported } from "./unsupported.js";

/** Whether the headers of a request accept something other than JSON alone. */
export function acceptsOtherContent(headers) {
  const accept = new Headers(headers).get("accept");
  return accept !== null && !/json|\*\/\*/i.test(accept);
}

/** The reply with its body: text as a string, JSON as a value, anything else only as a `Response`. */
export async function withContent(reply, blob) {
  const content = new Response(blob, { status: reply.status });
  return { ...reply, content, resource: await valueOf(blob) };
}

async function valueOf(blob) {
  if (/^text\//i.test(blob.type)) return blob.text();
  if (!/\bjson\b/i.test(blob.type)) return undefined;
  try {
    return JSON.parse(await blob.text());
  } catch (cause) {
    throw new SmartError("not_json", "The response is not valid JSON, although its Content-Type says so: contact the server's operator.", { cause });
  }
}

/** The content of a Binary. */
export function contentOf({ contentType = "application/octet-stream", data = "" }) {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: contentType });
}

/** The error for a write whose response must not be JSON. */
export function notJson() {
  return unsupported("An Accept header without JSON", "only a read (GET) can accept other media types.");
}
