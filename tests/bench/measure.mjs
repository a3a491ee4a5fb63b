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
export function isSelected(name) {
  return name.includes(only);
}

/**
 * Runs `ours` and `peer` alternately, `runs` times each after a warm-up run, and returns their medians. Both return the milliseconds
 * that they took.
 */
export async function compare(ours, peer, runs = 7) {
  await ours();
  await peer();
  const took = { ours: [], peer: [] };
  for (let run = 0; run < runs; run += 1) {
    // The order alternates, so that the effects of one run on the next affect both.
    const order = run % 2 === 0 ? [["ours", ours], ["peer", peer]] : [["peer", peer], ["ours", ours]];
    for (const [name, body] of order) took[name].push(await body());
  }
  const [one, other] = [median(took.ours), median(took.peer)];
  return { ours: round(one), peer: round(other), ratio: round(one / other, 3), unit: "ms", runs };
}

export function round(number, digits = 1) {
  return Number(number.toFixed(digits));
}

/**
 * Prints the rows with the maximum of each (`limits`) and the value that it should reach (`aims`), and writes them to a file if all rows
 * were measured.
 */
export function report(rows, limits, file, aims = {}) {
  const cells = Object.entries(rows).map(([name, { ours, peer, ratio, unit, runs }]) => {
    const value = ratio ?? ours;
    const result = value > limits[name] ? "MISSED" : value > aims[name] ? "kept" : "reached";
    return [name, ours, peer ?? "", ratio ?? "", unit, runs, limits[name] ?? "", aims[name] ?? "", name in limits ? result : ""].map(String);
  });
  const table = [["", "ours", "peer", "ratio", "unit", "runs", "limit", "aim", ""], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
  if (only !== "") return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`\nwrote ${file}`);
}
