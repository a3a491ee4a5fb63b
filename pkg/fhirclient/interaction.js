// HTTP requests, as fhirclient takes them, as FHIR interactions of a session (FHIR R4, RESTful API).

import { SmartError } from "../errors.js";
import { unsupported } from "./unsupported.js";

/** The absolute URL of one that may be relative to the FHIR base. */
export function absolute(url, base) {
  const given = String(url ?? "");
  if (given === "") throw invalid("it is empty");
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(given) ? given : `${base.replace(/\/+$/, "")}/${given.replace(/^\/+/, "")}`;
  if (!/^https?:/i.test(whole) || !URL.canParse(whole)) throw invalid("it is not an http URL");
  const absoluteUrl = new URL(whole);
  absoluteUrl.hash = "";
  return absoluteUrl;
}

/** The interaction of an HTTP request, with its target, parameters and body. */
export function interaction({ method = "GET", url, body }, base) {
  if (method === "GET") return { interaction: "read", target: url.href };
  const target = within(url, base);
  const parameters = [...url.searchParams];
  switch (method) {
    case "POST":
      return postInteraction(target, parameters, body);
    case "PUT":
      return { interaction: "update", parameters, body: updateBody(json(body), target, parameters.length > 0) };
    case "PATCH":
      return { interaction: "patch", target, parameters, body: json(body) };
    case "DELETE":
      return { interaction: "delete", target, parameters };
    default:
      throw unsupported(`The method ${method}`, "FHIR uses GET, POST, PUT, PATCH and DELETE.");
  }
}

function postInteraction(target, parameters, body) {
  if (target === "") return { interaction: "bundle", body: json(body) };
  if (target.endsWith("/_search")) {
    const form = [...new URLSearchParams(body ?? "")];
    return {
      interaction: "search",
      target: target.slice(0, -"/_search".length),
      parameters: [...parameters, ...form],
      post: true,
    };
  }
  const isOperation = target.split("/").at(-1).startsWith("$");
  if (isOperation) return { interaction: "operation", target, parameters, body: body && json(body), post: true };
  const resource = json(body);
  return { interaction: "create", body: checkTarget(target, resource.resourceType, resource) };
}

/** The path below the FHIR base. */
function within(url, base) {
  const prefix = `${new URL(base).href.replace(/\/+$/, "")}/`;
  const place = url.origin + url.pathname;
  if (`${place}/` === prefix) return "";
  if (place.startsWith(prefix)) return place.slice(prefix.length);
  throw new SmartError("foreign_url", `The request to ${url.origin} was not sent: it is outside of the FHIR server.`);
}

/** The body of an update of a target or, if it is conditional, of the resource that a search finds. */
function updateBody(resource, target, isConditional) {
  const { resourceType, id } = resource;
  return checkTarget(target, isConditional ? resourceType : `${resourceType}/${id}`, resource);
}

function checkTarget(target, expected, resource) {
  if (target === expected) return resource;
  throw invalid(`it is for ${target}, but the resource is ${expected}`);
}

function json(body) {
  if (typeof body === "object" && body !== null && [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(body))) {
    return body;
  }
  try {
    const value = JSON.parse(body);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // The error is below.
  }
  throw unsupported("A body other than JSON", "send FHIR as JSON, as a string or an object.");
}

function invalid(problem) {
  return new SmartError("invalid_reference", `The request's URL is invalid: ${problem}.`);
}
