// What the launcher's pages show before WebAssembly is there, and how the app takes its place.

import assert from "node:assert/strict";
import { findings } from "./support/axe.mjs";
import { test } from "./support/browser.mjs";
import { appOrigin } from "./support/servers.mjs";

const start = "See your health record";

/** Holds the WebAssembly back, and returns a function that lets it through. */
async function holdApp(page) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route("**/*.wasm", async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** Runs in a page: what a person sees and hears of it, as text. What is disabled until the app is there, is not part of it. */
function contents() {
  const isIgnored = ({ name, value }) => ["disabled", "checked"].includes(name) || (name === "class" && value === "");
  const describe = (node, depth) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data.trim() ? ["  ".repeat(depth) + JSON.stringify(node.data.replaceAll(/\s+/g, " ").trim())] : [];
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(".late, noscript, script")) return [];
    const attributes = [...node.attributes].filter((attribute) => !isIgnored(attribute)).map(({ name, value }) => `${name}=${value}`).sort();
    if (node.checked) attributes.push("is checked");
    return ["  ".repeat(depth) + [node.localName, ...attributes].join(" "), ...children(node, depth + 1)];
  };
  const children = (element, depth) => {
    const copy = element.cloneNode(true);
    // Leptos writes neighbouring texts as separate nodes.
    copy.normalize();
    return [...copy.childNodes].flatMap((node) => describe(node, depth));
  };
  // The app has an empty element for the message that the device is offline.
  const isEmptyStatus = (line, index, lines) => line === "div role=status" && !lines[index + 1]?.startsWith(" ");
  return children(document.querySelector("#shell") ?? document.body, 0).filter((...of) => !isEmptyStatus(...of));
}

/** Runs in a page before its own scripts: collects layout shifts. */
function collectShifts() {
  window.shifts = [];
  new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(({ value }) => value))).observe({ type: "layout-shift", buffered: true });
}

for (const [name, path] of [["with one clinic", "/"], ["with several clinics", "/apps/several/"]]) {
  for (const width of [1280, 360]) {
    test(`L12 the app takes over the start page ${name} without a change, ${width} pixels wide`, async ({ page }) => {
      await page.setViewportSize({ width, height: 800 });
      await page.addInitScript(collectShifts);
      const release = await holdApp(page);
      await page.goto(appOrigin + path);
      await page.getByRole("heading", { name: start }).waitFor();
      const connect = page.getByRole("button", { name: /^Connect/ });
      assert.ok(await connect.isDisabled());
      assert.equal(await page.locator("input:enabled").count(), 0);
      const look = async () => [await page.title(), await page.evaluate(() => document.documentElement.scrollHeight), ...(await page.evaluate(contents))];
      const before = await look();
      release();
      await page.locator("button.primary:enabled").waitFor();
      assert.deepEqual(await look(), before);
      assert.equal(await page.locator("#shell").count(), 0);
      assert.deepEqual(await page.evaluate(() => window.shifts), []);
    });
  }
}

test("L12 a link that has the focus keeps it when the app takes over", async ({ page }) => {
  const release = await holdApp(page);
  await page.goto(appOrigin);
  await page.getByRole("link", { name: "Choose what to ask for" }).focus();
  release();
  await page.locator("button.primary:enabled").waitFor();
  await page.waitForFunction(() => document.activeElement !== document.body);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Choose what to ask for");
});

test("L12 every other page says what is coming, and never shows the start page", async ({ page }) => {
  await holdApp(page);
  for (const [path, heading] of [
    ["/launch?iss=https%3A%2F%2Fehr.example&launch=x", "Opening the record…"],
    ["/code?code=x&state=y", "Opening your record…"],
    ["/record", "One moment, please…"],
    ["/session", "One moment, please…"],
    ["/nowhere", "One moment, please…"],
  ]) {
    await page.goto(appOrigin + path, { waitUntil: "domcontentloaded" });
    await page.getByRole("heading", { name: heading, exact: true }).waitFor();
    assert.deepEqual(await page.getByRole("heading").allInnerTexts(), [heading], path);
    assert.equal(await page.getByText(start).count(), 0, path);
    assert.equal(await page.getByRole("button").count(), 0, path);
  }
});

test("L12 axe finds no violations before the app is there, and nothing is announced that the app announces again", async ({ page }) => {
  await holdApp(page);
  for (const path of ["/", "/launch"]) {
    await page.goto(appOrigin + path, { waitUntil: "domcontentloaded" });
    await page.getByRole("heading").first().waitFor();
    assert.deepEqual(await findings(page), [], path);
    const announced = await page.locator("[role=status], [role=alert], [aria-live]").allInnerTexts();
    assert.deepEqual(announced.filter((text) => text !== ""), [], path);
  }
});

test("L12 without JavaScript, a page shows only what is needed", async ({ context }) => {
  const scriptless = await context.browser().newContext({ javaScriptEnabled: false });
  const page = await scriptless.newPage();
  for (const path of ["/", "/launch"]) {
    await page.goto(appOrigin + path);
    const message = page.locator("noscript p");
    await message.waitFor();
    assert.match(await message.innerText(), /^This page needs JavaScript\./);
    assert.equal(await page.getByRole("heading").count(), 0, path);
  }
  await scriptless.close();
});

test("L12 a page whose WebAssembly is gone says so", async ({ page }) => {
  await page.route("**/*.wasm", (route) => route.fulfill({ status: 404, contentType: "text/html", body: "gone" }));
  await page.goto(appOrigin);
  await page.getByRole("alert").getByText("This page could not be started. Please load it again").waitFor();
  assert.equal(await page.getByText(start).count(), 0);
});

test("L12 a page whose script is gone says after 15 seconds that it can be loaded again", async ({ page }) => {
  await page.route("**/boot.*.js", (route) => route.fulfill({ status: 404, contentType: "text/html", body: "gone" }));
  await page.goto(appOrigin);
  const late = page.getByText("please load the page again");
  await late.waitFor({ state: "attached" });
  assert.ok(!(await late.isVisible()));
  const delays = await page.evaluate(() => document.getAnimations().map((animation) => (animation.finish(), animation.effect.getTiming().delay)));
  assert.deepEqual(delays, [15_000]);
  assert.ok(await late.isVisible());
});
