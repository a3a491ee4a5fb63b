// The FHIR server of a client: that of a session, one with an app's own token, or one without authorization.

import { SmartError } from "../errors.js";
import { SmartApp } from "../index.js";
import { send } from "../interactions.js";
import { once } from "../loading.js";
import { acceptsOtherContent, contentOf, notJson, withContent } from "./binary.js";
import { absolute, interaction } from "./interaction.js";

/** The server of a session. The session holds the tokens, and sends them only to this server. */
export class SessionServer {
  #session;

  constructor(session) {
    this.#session = session;
  }

  get base() {
    return this.#session.fhirBase;
  }

  async send(request) {
    if (acceptsOtherContent(request.headers)) return this.#content(request);
    const { signal, headers, ...others } = request;
    try {
      return await this.#session[send](interaction(others, this.base), { headers: withoutMediaType(headers), signal });
    } catch (error) {
      // A read can be repeated.
      if (error.code !== "not_json" || !isRead(request)) throw error;
      return this.#content(request);
    }
  }

  /** Reads content that is not a resource. */
  async #content(request) {
    if (!isRead(request)) throw notJson();
    const { url, headers, signal } = request;
    return withContent({ status: 200 }, await this.#session.readBlob(url.href, { headers, signal }));
  }

  resolver(options) {
    return this.#session.resolver(options);
  }
}

/** A server with an app's own token. The token stays in memory, and is sent only to the server. */
export class TokenServer {
  #inner;

  constructor(state) {
    this.base = absolute(state.serverUrl, "").href.replace(/\/+$/, "");
    this.#inner = once(async () => new SessionServer(await sessionOf(state, this.base)));
  }

  async send(request) {
    return (await this.#inner()).send(request);
  }

  resolver(options) {
    const resolver = once(async () => (await this.#inner()).resolver(options));
    return { resolve: async (reference, within) => (await resolver()).resolve(reference, within) };
  }
}

/** A session with the state's access token. It needs no endpoints, so discovery is skipped. */
async function sessionOf({ clientId, scope, expiresAt, tokenResponse }, fhirBase) {
  const { access_token: token, expires_in: lifetime, patient, scope: granted } = tokenResponse;
  const unused = { redirectUri: fhirBase, authorizationEndpoint: fhirBase, tokenEndpoint: fhirBase };
  const server = { fhirBase, clientId: clientId || "token-of-the-app", scope: scope ?? "", ...unused };
  const expiresIn = expiresAt === undefined ? lifetime : Math.max(0, expiresAt - Date.now() / 1000);
  return new SmartApp({ server, store: "memory" }).sessionFromToken(token, {
    patient,
    scope: granted ?? scope,
    expiresIn: expiresIn === undefined ? undefined : Number(expiresIn),
  });
}

/** A server without authorization. */
export class OpenServer {
  constructor(base) {
    this.base = absolute(base, "").href.replace(/\/+$/, "");
  }

  async send({ method = "GET", url, headers, body, signal }) {
    if (url.origin !== new URL(this.base).origin) {
      throw new SmartError("foreign_url", `The request to ${url.origin} was not sent: it is outside of the FHIR server.`);
    }
    const response = await fetchFrom(url, { method, headers: withAccept(headers, body), body: stringOf(body), signal });
    if (!response.ok) throw errorOf(response, parseJson(await response.text()));
    const header = (name) => response.headers.get(name) ?? undefined;
    const reply = {
      status: response.status,
      etag: header("etag"),
      location: header("location"),
      lastModified: header("last-modified"),
    };
    const blob = await response.blob();
    if (blob.size === 0) return reply;
    // Some servers send JSON without a media type.
    const untyped = blob.type === "" ? parseJson(await blob.text()) : undefined;
    const complete = untyped === undefined ? await withContent(reply, blob) : { ...reply, resource: untyped };
    const isBinary = acceptsOtherContent(headers) && complete.resource?.resourceType === "Binary";
    if (isBinary) return withContent(reply, contentOf(complete.resource));
    return isResource(complete.resource) ? { ...complete, content: undefined } : complete;
  }

  resolver(options) {
    return new OpenResolver(this, options);
  }
}

/** Resolves references on an open server, each once. */
class OpenResolver {
  #server;
  #options;
  #resources = new Map();

  constructor(server, options) {
    this.#server = server;
    this.#options = options;
  }

  async resolve(reference, within) {
    const found = foundWithin(reference, within);
    if (found) return found;
    if (!this.#resources.has(reference)) this.#resources.set(reference, this.#read(reference));
    return this.#resources.get(reference);
  }

  async #read(reference) {
    if (/^(#|urn:)/.test(reference)) {
      throw new SmartError("invalid_reference", `${reference} refers to nothing in its resource or Bundle.`);
    }
    return (await this.#server.send({ url: absolute(reference, this.#server.base), ...this.#options })).resource;
  }
}

function foundWithin(reference, within) {
  if (reference.startsWith("#")) return within?.contained?.find(({ id }) => id === reference.slice(1));
  return within?.entry?.find(({ fullUrl }) => fullUrl === reference)?.resource;
}

async function fetchFrom(url, request) {
  try {
    return await fetch(url, { ...request, credentials: "omit", referrerPolicy: "no-referrer" });
  } catch (cause) {
    if (request.signal?.aborted) throw new SmartError("aborted", "The request was aborted.", { cause });
    throw new SmartError("network", `${url.host} could not be reached: check the connection, and that the server allows this page's origin (CORS).`, { cause });
  }
}

function isRead({ method = "GET" }) {
  return method === "GET";
}

function isResource(value) {
  return typeof value === "object" && value !== null;
}

/** The value of JSON; `undefined` for other strings. */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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

function errorOf({ status, url, headers }, resource) {
  const operationOutcome = resource?.resourceType === "OperationOutcome" ? resource : undefined;
  const retryAfter = headers.get("retry-after") ?? undefined;
  const message = `${new URL(url).host} returned status ${status}.`;
  return new SmartError(codes[status] ?? "fhir_error", message, { status, operationOutcome, retryAfter });
}

const fhirJson = "application/fhir+json";

function withAccept(init, body) {
  const headers = new Headers(init);
  if (!headers.has("accept")) headers.set("accept", fhirJson);
  if (body !== undefined && !headers.has("content-type")) headers.set("content-type", fhirJson);
  return headers;
}

/** The headers without `Content-Type`, which the session sets. */
function withoutMediaType(init) {
  const headers = new Headers(init);
  headers.delete("content-type");
  return headers;
}

function stringOf(body) {
  return typeof body === "string" || body === undefined ? body : JSON.stringify(body);
}
