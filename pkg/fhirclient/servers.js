// The FHIR servers that a client can be of: the one of a session, one with a token of the app's own, and one that is open to everybody.

import { SmartError } from "../errors.js";
import { SmartApp } from "../index.js";
import { send } from "../interactions.js";
import { once } from "../loading.js";
import { asksForContent, contentOf, notJson, withContent } from "./binary.js";
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

  async send(request) {
    if (asksForContent(request.headers)) return this.#content(request);
    const { signal, headers, ...others } = request;
    try {
      return await this.#session[send](interaction(others, this.base), { headers: withoutMediaType(headers), signal });
    } catch (error) {
      // A read does no harm twice.
      if (error.code !== "not_json" || !isRead(request)) throw error;
      return this.#content(request);
    }
  }

  /** Reads what is no resource. */
  async #content(request) {
    if (!isRead(request)) throw notJson();
    const { url, headers, signal } = request;
    return withContent({ status: 200 }, await this.#session.readBlob(url.href, { headers, signal }));
  }

  resolver(options) {
    return this.#session.resolver(options);
  }
}

/** A server that an app has a token of its own for. The token is kept in memory, and goes nowhere but to the server. */
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

/** A session with the state's access token. It needs no endpoint of the server's, so its documents are not asked for. */
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
    if (!response.ok) throw refusal(response, parsed(await response.text()));
    const head = (name) => response.headers.get(name) ?? undefined;
    const answer = {
      status: response.status,
      etag: head("etag"),
      location: head("location"),
      lastModified: head("last-modified"),
    };
    const blob = await response.blob();
    if (blob.size === 0) return answer;
    // Some servers do not say that what they send is JSON.
    const unnamed = blob.type === "" ? parsed(await blob.text()) : undefined;
    const told = unnamed === undefined ? await withContent(answer, blob) : { ...answer, resource: unnamed };
    const isWrapped = asksForContent(headers) && told.resource?.resourceType === "Binary";
    if (isWrapped) return withContent(answer, contentOf(told.resource));
    return isResource(told.resource) ? { ...told, content: undefined } : told;
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
    return await fetch(url, { ...request, credentials: "omit", referrerPolicy: "no-referrer" });
  } catch (cause) {
    if (request.signal?.aborted) throw new SmartError("aborted", "The request was called off.", { cause });
    throw new SmartError("network", `${url.host} could not be reached: check the connection, and the server's CORS.`, { cause });
  }
}

function isRead({ method = "GET" }) {
  return method === "GET";
}

function isResource(value) {
  return typeof value === "object" && value !== null;
}

/** The value of a JSON text; `undefined` for all else. */
function parsed(text) {
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
