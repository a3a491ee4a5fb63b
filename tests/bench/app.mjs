// The launcher's search in a list of 96,627 made-up organizations: how long a key press takes until its results are on the screen, the
// longest task of the page, and the memory. `cargo xtask bench app` runs it on the release build.
//   HOME_PAGE CHROMIUM OUTPUT: set by xtask

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { chromium } from "playwright-core";
import { median, round } from "./measure.mjs";

const { HOME_PAGE, CHROMIUM, OUTPUT } = process.env;

/** What patients type, letter by letter: common and rare names, cities, states, postal codes, and nothing that is there. */
const SEARCHES = ["mercy springfield", "saint agnes clinic", "northgate ped", "wisconsin heart", "granite 531", "zebra", "unity eye ga", "harbor"];

/** The largest allowed values: milliseconds, and megabytes. */
const limits = { "key press, median": 50, "key press, 95th percentile": 50, "longest task": 100, memory: 40 };

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--js-flags=--expose-gc"] });
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(observe);
  await page.goto(HOME_PAGE);
  const field = page.locator("#clinic-words:enabled");
  await field.waitFor();
  // The status says when places are still loading.
  await field.fill("mercy");
  await page.waitForFunction(() => /^[\d,]+ clinics? found\.(?!.*loading)/.test(document.querySelector(".clinic-search [role=status]").textContent));
  await page.waitForTimeout(500);
  const took = [];
  for (const words of SEARCHES) {
    await field.fill("");
    await page.waitForTimeout(300);
    for (const letter of words) {
      await page.evaluate(() => window.start());
      await field.press(letter);
      await page.waitForTimeout(300);
      const time = await page.evaluate(() => window.took());
      // The results of some letters are the same as before: a space changes nothing.
      if (time !== null) took.push(time);
    }
  }
  if (took.length < 40) throw new Error(`Only ${took.length} key presses changed the results.`);
  took.sort((one, other) => one - other);
  const rows = {
    "key press, median": round(median(took)),
    "key press, 95th percentile": round(took[Math.floor(took.length * 0.95)]),
    "key press, longest": round(took.at(-1)),
    "longest task": round(await page.evaluate(() => window.longest())),
    memory: round(await memory(context, page)),
  };
  for (const [name, value] of Object.entries(rows)) {
    const isMissed = value > (limits[name] ?? Infinity);
    if (isMissed) process.exitCode = 1;
    console.log(`${name.padEnd(28)} ${String(value).padStart(7)} ${name === "memory" ? "MB" : "ms"}  ${limits[name] ? `limit ${limits[name]}${isMissed ? "  MISSED" : ""}` : ""}`.trimEnd());
  }
  mkdirSync(dirname(OUTPUT), { recursive: true });
  writeFileSync(OUTPUT, `${JSON.stringify({ ...rows, keys: took.length }, null, 2)}\n`);
  console.log(`\n${took.length} key presses; wrote ${OUTPUT}`);
} finally {
  await browser.close();
}

/** Runs in the page before its scripts: times from an input event to the frame after the last change of the results, and long tasks. */
function observe() {
  const tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask", buffered: true });
  let typed = null;
  let shown = null;
  addEventListener("input", () => (typed = performance.now()), { capture: true });
  addEventListener("DOMContentLoaded", () =>
    new MutationObserver((changes) => {
      const isResult = ({ target }) => (target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement)?.closest("#clinic-list, .clinic-search [role=status]");
      if (typed !== null && changes.some(isResult)) requestAnimationFrame(() => (shown = performance.now()));
    }).observe(document.body, { subtree: true, childList: true, characterData: true }),
  );
  window.start = () => ([typed, shown] = [null, null]);
  window.took = () => (shown === null ? null : shown - typed);
  window.longest = () => Math.max(0, ...tasks);
}

/** The memory of the page's WebAssembly and JavaScript in megabytes, after garbage collection. */
async function memory(context, page) {
  const session = await context.newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { result } = await session.send("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
  const { objects } = await session.send("Runtime.queryObjects", { prototypeObjectId: result.objectId });
  const sum = "function() { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }";
  const { result: bytes } = await session.send("Runtime.callFunctionOn", { objectId: objects.objectId, functionDeclaration: sum, returnByValue: true });
  return (usedSize + bytes.value) / 1_000_000;
}
