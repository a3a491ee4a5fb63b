// Lighthouse on the launcher's start page, with its default conditions (a phone on a slow line): `cargo xtask bench home` runs it.
//   HOME_PAGE CHROME_PATH OUTPUT: set by xtask

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const { HOME_PAGE, OUTPUT } = process.env;

/** How many times the page is measured: single runs vary with the load of the machine. */
const RUNS = 5;

/** The lowest median score of each category. */
const limits = { performance: 95, accessibility: 100, "best-practices": 100 };

const audits = ["first-contentful-paint", "largest-contentful-paint", "speed-index", "total-blocking-time", "cumulative-layout-shift"];

const runs = [];
for (let run = 0; run < RUNS; run += 1) {
  runs.push(await measure());
  console.log(JSON.stringify(runs.at(-1)));
}
const medians = Object.fromEntries(Object.keys(runs[0]).map((name) => [name, median(runs.map((run) => run[name]))]));
console.log("\nmedians", JSON.stringify(medians, null, 2));
mkdirSync(dirname(OUTPUT), { recursive: true });
writeFileSync(OUTPUT, `${JSON.stringify({ medians, runs }, null, 2)}\n`);
for (const [name, limit] of Object.entries(limits)) {
  if (medians[name] >= limit) continue;
  console.log(`${name} is ${medians[name]}, below ${limit}`);
  process.exitCode = 1;
}

/** The scores from 0 to 100, and the audits behind the performance in milliseconds (the layout shift has no unit). */
async function measure() {
  const chrome = await launch({ chromeFlags: ["--headless=new", "--no-sandbox"] });
  try {
    const { lhr } = await lighthouse(HOME_PAGE, { port: chrome.port, onlyCategories: Object.keys(limits), logLevel: "error" });
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    const scores = Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round(score * 100)]);
    const values = audits.map((name) => [name, Number(lhr.audits[name].numericValue.toFixed(name === "cumulative-layout-shift" ? 3 : 0))]);
    const failed = Object.values(lhr.categories).slice(1).flatMap(({ auditRefs }) => auditRefs.filter(({ id, weight }) => weight > 0 && lhr.audits[id].score < 1));
    for (const { id } of failed) console.log(`${id}: ${lhr.audits[id].title}`);
    return Object.fromEntries([...scores, ...values]);
  } finally {
    await chrome.kill();
  }
}

function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
}
