// What the launcher takes from the chart that it was opened from, beside the patient: colors, visit and intent.

import assert from "node:assert/strict";
import { Launcher } from "./pages/launcher.mjs";
import { test } from "./support/browser.mjs";
import { connectAsPatient, openChart } from "./support/flows.mjs";
import { modifyJson } from "./support/responses.mjs";
import { ehr, iss } from "./support/servers.mjs";

const app = /launcher/i;
const styleDocument = `${ehr}/smart-style.json`;

/** A token's value, as the page has it. */
const token = (page, name) => page.evaluate((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim(), name);

/** Replaces the EHR's style. */
const withStyle = (page, style) =>
  page.context().route(styleDocument, (route) => route.fulfill({ json: style, headers: { "access-control-allow-origin": "*" } }));

test("M6 the launcher takes the colors of the EHR, and its own after signing out", async ({ page, traffic }) => {
  const { chart } = await openChart(page, 0);
  await chart.launch(app);
  const launcher = new Launcher(page);
  await launcher.waitForCompleteRecord();
  await page.waitForFunction(() => document.documentElement.style.getPropertyValue("--ground") === "#eef2f5");
  assert.equal(await token(page, "--accent"), "#0d4f7c");
  assert.equal(await token(page, "--radius"), "6px");
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(238, 242, 245)");

  const [request] = traffic.to(styleDocument);
  const headers = await request.allHeaders();
  assert.equal(headers.authorization, undefined);
  assert.equal(headers.cookie, undefined);

  await page.getByRole("link", { name: "Connection", exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForFunction(() => document.documentElement.style.length === 0);
  assert.notEqual(await token(page, "--accent"), "#0d4f7c");
});

test("M6 S7 a style with scripts, or with which no text could be read, changes nothing", async ({ page }) => {
  await withStyle(page, {
    color_background: "url(https://evil.example/x)",
    color_text: "#ffffff",
    color_highlight: "#fffffe",
    color_error: "red; } body { display: none",
    dim_border_radius: "expression(alert(1))",
    dim_spacing_size: "-5px",
  });
  const { chart } = await openChart(page, 0);
  const styled = page.waitForResponse(styleDocument);
  await chart.launch(app);
  await new Launcher(page).waitForCompleteRecord();
  await styled;
  assert.equal(await page.evaluate(() => document.documentElement.style.length), 0);
});

test("M6 an EHR with a dark page has a dark launcher", async ({ page }) => {
  await withStyle(page, { color_background: "#101418" });
  const { chart } = await openChart(page, 0);
  await chart.launch(app);
  await new Launcher(page).waitForCompleteRecord();
  await page.waitForFunction(() => document.documentElement.style.colorScheme === "dark");
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(231, 238, 236)");
});

test("M6 the record says at which visit the provider is, and what the task asks for", async ({ page }) => {
  const { chart } = await openChart(page, 1);
  await chart.openVisit(0);
  await chart.launchTask();
  await new Launcher(page).waitForCompleteRecord();
  await page.getByText("Opened to: review results", { exact: true }).waitFor();
  await page.getByText(/^At the visit: .+, .*\d{4}$/).waitFor();
});

test("M6 the visit of another patient is not shown", async ({ page }) => {
  await page.context().route(/\/fhir\/Encounter\/[^?]+$/, async (route) => {
    const response = await route.fetch();
    const encounter = await response.json();
    await route.fulfill({ response, json: { ...encounter, subject: { reference: "Patient/9999" } } });
  });
  const { chart } = await openChart(page, 1);
  await chart.openVisit(0);
  const read = page.context().waitForEvent("response", (response) => /\/Encounter\/[^?]+$/.test(response.url()));
  await chart.launchTask();
  await new Launcher(page).waitForCompleteRecord();
  await read;
  await page.getByText("Opened to: review results").waitFor();
  assert.equal(await page.getByText("At the visit:").count(), 0);
});

test("M6 a launch without a patient says so, and reads nothing", async ({ page, traffic }) => {
  await modifyJson(page, `${ehr}/oauth/token/`, ({ patient: _, ...tokens }) => tokens);
  const { chart } = await openChart(page, 2);
  await chart.launch(app);
  const launcher = new Launcher(page);
  await launcher.heading("No patient was chosen").waitFor();
  await page.getByText("The clinic did not say whose record to show.").waitFor();
  const reads = traffic.to(`${iss}/`).map((request) => request.url()).filter((url) => !/\/(metadata|\.well-known\/[^/]+)$/.test(url));
  assert.deepEqual(reads, []);
});

test("M6 a patient's own record keeps the launcher's colors", async ({ page, traffic }) => {
  await connectAsPatient(page);
  assert.equal(traffic.to(styleDocument).length, 0);
  assert.equal(await page.evaluate(() => document.documentElement.style.length), 0);
});
