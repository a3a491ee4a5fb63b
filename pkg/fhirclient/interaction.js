// HTTP requests, as fhirclient takes them, told as the FHIR interactions that a session sends (FHIR R4, RESTful API).

import { SmartError } from "../errors.js";
import { unsupported } from "./unsupported.js";

/** An address, absolute or relative to the FHIR base, as fhirclient reads it. */
export function absolute(address, base) {
  const text = String(address ?? "");
  if (text === "") throw invalid("it is empty");
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `${base.replace(/\/+$/, "")}/${text.replace(/^\/+/, "")}`;
  if (!/^https?:/i.test(whole) || !URL.canParse(whole)) throw invalid("it is no http address");
  const url = new URL(whole);
  url.hash = "";
  return url;
}

/** What a session is asked for an HTTP request: its interaction, target, parameters and body. */
export function interaction({ method = "GET", url, body }, base) {
  if (method === "GET") return { interaction: "read", target: url.href };
  const target = within(url, base);
  const parameters = [...url.searchParams];
  switch (method) {
    case "POST":
      return posted(target, parameters, body);
    case "PUT":
      return { interaction: "update", parameters, body: replacement(json(body), target, parameters.length > 0) };
    case "PATCH":
      return { interaction: "patch", target, parameters, body: json(body) };
    case "DELETE":
      return { interaction: "delete", target, parameters };
    default:
      throw unsupported(`The method ${method}`, "FHIR uses GET, POST, PUT, PATCH and DELETE.");
  }
}

function posted(target, parameters, body) {
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
  return { interaction: "create", body: named(target, resource.resourceType, resource) };
}

/** The path below the FHIR base. */
function within(url, base) {
  const prefix = `${new URL(base).href.replace(/\/+$/, "")}/`;
  const place = url.origin + url.pathname;
  if (`${place}/` === prefix) return "";
  if (place.startsWith(prefix)) return place.slice(prefix.length);
  throw new SmartError("foreign_url", `The request to ${url.origin} was not sent: it lies outside the FHIR server.`);
}

/** The resource that takes the place of the one at an address, or of the one that a search finds in a type. */
function replacement(resource, target, isConditional) {
  const { resourceType, id } = resource;
  return named(target, isConditional ? resourceType : `${resourceType}/${id}`, resource);
}

function named(target, own, resource) {
  if (target === own) return resource;
  throw invalid(`it names ${target}, and the resource is ${own}`);
}

function json(body) {
  if (typeof body === "object" && body !== null && [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(body))) {
    return body;
  }
  try {
    const value = JSON.parse(body);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw unsupported("A body other than JSON", "send FHIR as JSON, as a text or as the object itself.");
}

function invalid(problem) {
  return new SmartError("invalid_reference", `The request's address is wrong: ${problem}.`);
}
