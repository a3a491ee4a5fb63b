// The page in examples/follow-the-chart, tried as the sandbox's README says.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../docs/support/pages.mjs";
import { test } from "./support/browser.mjs";
import { openChart } from "./support/flows.mjs";
import { more, replaceRedirects } from "./support/hub-app.mjs";
import { ehr, ehrOrigin, fromEnvironment } from "./support/servers.mjs";

/** The URL that the sandbox has registered for `my-app`. */
const myApp = fromEnvironment("MY_APP");

const types = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

/** Serves the example as the app, with the package next to it. */
async function serveExample(context) {
  await context.route(`${myApp}**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const path = pathname.startsWith("/pkg/") ? pathname : `/examples/follow-the-chart${pathname === "/" ? "/index.html" : pathname}`;
    const body = await readFile(join(root, path)).catch(() => undefined);
    if (body === undefined) return route.fulfill({ status: 404 });
    const isPage = path.endsWith("/page.js");
    const content = isPage ? body.toString().replace("http://localhost:9080", ehrOrigin) : body;
    return route.fulfill({ contentType: types[path.split(".").at(-1)], body: content });
  });
  await replaceRedirects(context);
}

test("X11 X13 M4 the example follows the chart, asks about another patient, closes itself, and signs out with the chart", async ({ context, page }) => {
  await serveExample(context);
  const { chart } = await openChart(page, 0);
  const url = page.url();
  const launch = async () => {
    const app = await chart.launchInPopup("My app");
    await app.getByText("This app shows what the chart shows.", { exact: true }).waitFor();
    return app;
  };
  const app = await launch();
  const record = app.getByRole("region", { name: "Patient", exact: true });
  const question = app.getByRole("region", { name: "Another patient" });
  const name = await record.getByRole("heading").innerText();
  assert.match(name, /\S \S/);

  await page.goto(`${ehr}?f=chart&pat_id=2`);
  await question.waitFor();
  assert.equal(await record.isVisible(), false);
  const other = await question.getByRole("strong").innerText();
  assert.ok(/\S \S/.test(other) && other !== name, other);
  await question.getByRole("button").click();
  await app.getByText("This app may show another patient than the chart.", { exact: true }).waitFor();
  assert.equal(await record.getByRole("heading").innerText(), name);

  await page.goto(url);
  await app.getByText("This app shows what the chart shows.", { exact: true }).waitFor();
  await app.getByRole("button", { name: "Open this patient" }).click();
  await app.getByText("Opened in the other apps.", { exact: true }).waitFor();

  await app.close();
  const again = await launch();
  const closed = again.waitForEvent("close");
  await again.getByRole("button", { name: "Close this app" }).click();
  await closed;

  const last = await launch();
  await page.getByRole("button", { name: "Log out" }).click();
  await last.getByText("Signed out.", { exact: true }).waitFor();
  assert.equal(await last.getByRole("region", { name: "Patient", exact: true }).isVisible(), false);
}, { more });
