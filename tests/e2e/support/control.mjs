// Injects faults into the sandbox EHR through its control API, with which `cargo xtask` starts it.

import { ehrOrigin } from "./servers.mjs";

const control = `${ehrOrigin}/control`;

/**
 * Injects a fault: `path`, `count`, and any of `method`, `status`, `headers`, `add`, `body`, `delay`, `drop`, `malformed`. `origin` is the
 * EHR's.
 */
export async function injectFault(fault, origin = ehrOrigin) {
  const response = await fetch(`${origin}/control/faults`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fault),
  });
  if (!response.ok) throw new Error(`The sandbox refuses the fault: ${await response.text()}`);
}

/** Changes members of a resource, as staff at the clinic would. */
export async function changeResource(resource, members) {
  const response = await fetch(`${control}/changes`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ resource, members }),
  });
  if (!response.ok) throw new Error(`The sandbox refuses the change: ${await response.text()}`);
}

/** Undoes all changes of resources. */
export async function clearChanges() {
  await fetch(`${control}/changes`, { method: "DELETE" });
}

/** The requests that the EHR received: method, path with query, and whether they had a token. */
export async function requestsAtEhr() {
  return (await fetch(`${control}/requests`)).json();
}

/** Removes all faults. */
export async function clearFaults(origin = ehrOrigin) {
  await fetch(`${origin}/control/faults`, { method: "DELETE" });
}

/** Advances the clock of an EHR while `body` runs. */
export async function whileAhead(seconds, origin, body) {
  const clock = `${origin}/control/clock`;
  const response = await fetch(clock, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ advance: seconds }),
  });
  if (!response.ok) throw new Error(`The sandbox did not advance its clock: ${await response.text()}`);
  try {
    await body();
  } finally {
    await fetch(clock, { method: "DELETE" });
  }
}

/**
 * Makes the sandbox deviate from the protocol while `body` runs. The sandbox's README lists the names of the deviations. `to` is the
 * origin to which some of them redirect, and `count` is how many times each applies.
 */
export async function whileDeviating(deviations, body, { to, count } = {}) {
  const response = await fetch(`${control}/protocol`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ deviations, to, count }),
  });
  if (!response.ok) throw new Error(`The sandbox refuses the deviation: ${await response.text()}`);
  try {
    await body();
  } finally {
    await fetch(`${control}/protocol`, { method: "DELETE" });
  }
}

/** Drops every connection to the EHR while `body` runs. */
export async function whileDown(body, origin = ehrOrigin) {
  await injectFault({ path: "/webchart.cgi", count: 1_000_000, drop: true }, origin);
  try {
    await body();
  } finally {
    await clearFaults(origin);
  }
}
