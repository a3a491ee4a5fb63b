// Orders faults of the sandbox EHR, which `cargo xtask` starts with its control API.

import { ehrOrigin } from "./servers.mjs";

const control = `${ehrOrigin}/control`;

/** Orders a fault: `path`, `count`, and any of `method`, `status`, `headers`, `add`, `body`, `delay`, `drop`, `malformed`. */
export async function injectFault(fault) {
  const answer = await fetch(`${control}/faults`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fault),
  });
  if (!answer.ok) throw new Error(`The sandbox refuses the fault: ${await answer.text()}`);
}

/** Changes members of a resource, as somebody at the clinic does. */
export async function changeResource(resource, members) {
  const answer = await fetch(`${control}/changes`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ resource, members }),
  });
  if (!answer.ok) throw new Error(`The sandbox refuses the change: ${await answer.text()}`);
}

/** Takes all changes of resources back. */
export async function clearChanges() {
  await fetch(`${control}/changes`, { method: "DELETE" });
}

/** What came in at the EHR: method, path with query, and whether with a token. */
export async function requestsAtEhr() {
  return (await fetch(`${control}/requests`)).json();
}

/** Lets the sandbox work again. */
export async function clearFaults() {
  await fetch(`${control}/faults`, { method: "DELETE" });
}

/**
 * Orders departures from the protocol, by the names in the sandbox's README, that end with `body`. `to` is the origin that some of
 * them lead to, `count` how often each is met.
 */
export async function whileDeviating(deviations, body, { to, count } = {}) {
  const answer = await fetch(`${control}/protocol`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ deviations, to, count }),
  });
  if (!answer.ok) throw new Error(`The sandbox refuses the deviation: ${await answer.text()}`);
  try {
    await body();
  } finally {
    await fetch(`${control}/protocol`, { method: "DELETE" });
  }
}

/** Drops every connection to the EHR while `body` runs. */
export async function whileDown(body) {
  await injectFault({ path: "/webchart.cgi", count: 1_000_000, drop: true });
  try {
    await body();
  } finally {
    await clearFaults();
  }
}
