// Orders faults of the sandbox EHR, which `cargo xtask` starts with its control API.

import { ehrOrigin } from "./servers.mjs";

const control = `${ehrOrigin}/control`;

/** Orders a fault: `path`, `count`, and any of `method`, `status`, `headers`, `body`, `delay`, `drop`, `malformed`. */
export async function orderFault(fault) {
  const answer = await fetch(`${control}/faults`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fault),
  });
  if (!answer.ok) throw new Error(`The sandbox refuses the fault: ${await answer.text()}`);
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
  await orderFault({ path: "/webchart.cgi", count: 1_000_000, drop: true });
  try {
    await body();
  } finally {
    await clearFaults();
  }
}
