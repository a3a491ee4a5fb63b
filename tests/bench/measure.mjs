// Alternating runs, their medians and ratio, as a table and as JSON.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const only = process.env.ONLY ?? "";

/** Whether a row is to be measured. */
export function isAsked(name) {
  return name.includes(only);
}

/**
 * Runs `ours` and `peer` in turn, each so many times after one that does not count, and gives their medians. Each gives how long it took in
 * milliseconds.
 */
export async function compare(ours, peer, runs = 7) {
  await ours();
  await peer();
  const took = { ours: [], peer: [] };
  for (let run = 0; run < runs; run += 1) {
    // Who goes first changes, so that what a run leaves behind is shared.
    const order = run % 2 === 0 ? [["ours", ours], ["peer", peer]] : [["peer", peer], ["ours", ours]];
    for (const [name, body] of order) took[name].push(await body());
  }
  const [one, other] = [median(took.ours), median(took.peer)];
  return { ours: round(one), peer: round(other), ratio: round(one / other, 3), unit: "ms", runs };
}

export function round(number, digits = 1) {
  return Number(number.toFixed(digits));
}

/** Prints the rows, and writes them where all were asked for. `limits` names the ratio that a row should keep. */
export function report(rows, limits, file) {
  const cells = Object.entries(rows).map(([name, { ours, peer, ratio, unit, runs }]) => {
    const limit = limits[name];
    const kept = limit === undefined ? "" : (ratio ?? ours) <= limit ? "kept" : "MISSED";
    return [name, ours, peer ?? "", ratio ?? "", unit, runs, limit ?? "", kept].map(String);
  });
  const table = [["", "ours", "peer", "ratio", "unit", "runs", "at most", ""], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
  if (only !== "") return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`\nwrote ${file}`);
}
