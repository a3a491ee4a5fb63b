// What a Binary holds, for those who ask for it by its own media type (FHIR R4, Binary: serving Binary resources).

import { unsupported } from "./unsupported.js";

/** Whether the headers of a request accept something other than JSON alone. */
export function asksForContent(headers) {
  const accept = new Headers(headers).get("accept");
  return accept !== null && !/json|\*\/\*/i.test(accept);
}

/** The request for the Binary itself, as FHIR in JSON. */
export function asResource(request) {
  if ((request.method ?? "GET") !== "GET") throw notJson();
  const headers = new Headers(request.headers);
  headers.delete("accept");
  return { ...request, headers };
}

/** The answer with what the Binary holds: the text of a text, else only its `Response`. */
export async function withContent({ resource, ...answer }) {
  if (resource?.resourceType !== "Binary") throw notJson();
  const { contentType = "application/octet-stream", data = "" } = resource;
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const content = new Response(bytes, { status: answer.status, headers: { "content-type": contentType } });
  return { ...answer, content, resource: /^text\//i.test(contentType) ? await content.clone().text() : undefined };
}

function notJson() {
  return unsupported("An Accept header without JSON", "FHIR comes as JSON; only what a Binary holds has other types.");
}
