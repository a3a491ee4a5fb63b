import { pairsOf } from "../interactions.js";

const methods = { create: "POST", update: "PUT", patch: "PATCH", delete: "DELETE", batch: "POST", transaction: "POST", match: "POST" };

/** The URL of a request without parameters, relative to the FHIR base. */
function pathOf({ interaction, target, body, parameters }) {
  switch (interaction) {
    case "create":
      return body?.resourceType ?? "";
    case "update":
      return parameters || !body?.id ? `${body?.resourceType}` : `${body.resourceType}/${body.id}`;
    case "history":
      return target ? `${target}/_history` : "_history";
    case "capabilities":
      return "metadata";
    case "match":
      return "Patient/$match";
    default:
      return target ?? "";
  }
}

/** A request of a fake session, as the test sees it. */
export function requestOf({ interaction, target, parameters, body, post }) {
  const path = pathOf({ interaction, target: target && String(target), body, parameters });
  const query = new URLSearchParams(pairsOf(parameters));
  const [, resourceType, id] = /^([A-Z][A-Za-z]*)(?:\/([A-Za-z0-9.-]{1,64}))?(?:$|\/)/.exec(path) ?? [];
  const method = methods[interaction] ?? (interaction === "operation" && (post || body) ? "POST" : "GET");
  return {
    interaction,
    method,
    url: `${query}` ? `${path}?${query}` : path,
    ...(resourceType && { resourceType }),
    ...(id && { id }),
    parameters: query,
    ...(body !== undefined && { body: JSON.parse(JSON.stringify(body)) }),
  };
}
