// The FHIR servers that a client can be of: the one of a session, and one that is open to everybody.

import { SmartError } from "../errors.js";
import { send } from "../interactions.js";
import { absolute, interaction } from "./interaction.js";

/** The server of a session, which holds the tokens and lets them go nowhere else. */
export class SessionServer {
  #session;

  constructor(session) {
    this.#session = session;
  }

  get base() {
    return this.#session.fhirBase;
  }

  async send({ signal, headers, ...request }) {
    return this.#session[send](interaction(request, this.base), { headers: withoutMediaType(headers), signal });
  }

  resolver(options) {
    return this.#session.resolver(options);
  }
}

/** A server that asks for no token. */
export class OpenServer {
  constructor(base) {
    this.base = absolute(base, "").href.replace(/\/+$/, "");
  }

  async send({ method = "GET", url, headers, body, signal }) {
    if (url.origin !== new URL(this.base).origin) {
      throw new SmartError("foreign_url", `The request to ${url.origin} was not sent: it lies outside the FHIR server.`);
    }
    const response = await answered(url, { method, headers: withAccept(headers, body), body: textOf(body), signal });
    const resource = await resourceOf(response);
    if (!response.ok) throw refusal(response, resource);
    const head = (name) => response.headers.get(name) ?? undefined;
    return {
      status: response.status,
      etag: head("etag"),
      location: head("location"),
      lastModified: head("last-modified"),
      resource,
    };
  }

  resolver(options) {
    return new OpenResolver(this, options);
  }
}

/** Follows references on an open server, each once. */
class OpenResolver {
  #server;
  #options;
  #known = new Map();

  constructor(server, options) {
    this.#server = server;
    this.#options = options;
  }

  async resolve(reference, within) {
    const found = foundWithin(reference, within);
    if (found) return found;
    if (!this.#known.has(reference)) this.#known.set(reference, this.#read(reference));
    return this.#known.get(reference);
  }

  async #read(reference) {
    if (/^(#|urn:)/.test(reference)) {
      throw new SmartError("invalid_reference", `${reference} is not in the resource or Bundle that it stands in.`);
    }
    return (await this.#server.send({ url: absolute(reference, this.#server.base), ...this.#options })).resource;
  }
}

function foundWithin(reference, within) {
  if (reference.startsWith("#")) return within?.contained?.find(({ id }) => id === reference.slice(1));
  return within?.entry?.find(({ fullUrl }) => fullUrl === reference)?.resource;
}

async function answered(url, request) {
  try {
    return await fetch(url, request);
  } catch (cause) {
    if (request.signal?.aborted) throw new SmartError("aborted", "The request was called off.", { cause });
    throw new SmartError("network", `${url.host} could not be reached: check the connection, and the server's CORS.`, { cause });
  }
}

async function resourceOf(response) {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!response.ok) return undefined;
    throw new SmartError("not_json", `${new URL(response.url).host} answered with something other than JSON.`, { cause });
  }
}

const codes = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  410: "gone",
  412: "precondition_failed",
  422: "unprocessable",
  429: "too_many_requests",
};

function refusal({ status, url, headers }, resource) {
  const operationOutcome = resource?.resourceType === "OperationOutcome" ? resource : undefined;
  const retryAfter = headers.get("retry-after") ?? undefined;
  const message = `${new URL(url).host} answered with status ${status}.`;
  return new SmartError(codes[status] ?? "fhir_error", message, { status, operationOutcome, retryAfter });
}

const fhirJson = "application/fhir+json";

function withAccept(given, body) {
  const headers = new Headers(given);
  if (!headers.has("accept")) headers.set("accept", fhirJson);
  if (body !== undefined && !headers.has("content-type")) headers.set("content-type", fhirJson);
  return headers;
}

/** The headers without the body's media type, which a session sets itself. */
function withoutMediaType(given) {
  const headers = new Headers(given);
  headers.delete("content-type");
  return headers;
}

function textOf(body) {
  return typeof body === "string" || body === undefined ? body : JSON.stringify(body);
}
