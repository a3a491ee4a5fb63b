// The code of docs/start.md, at the URL that the sandbox has registered for it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before } from "node:test";
import { blocksOf, root } from "../docs/support/pages.mjs";
import { Chart } from "./pages/chart.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";
import { ehrOrigin, fromEnvironment, providerLogin } from "./support/servers.mjs";

/** The URL that the sandbox has registered for `my-app`. */
const myApp = fromEnvironment("MY_APP");

const types = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

/** The only block of a kind in the page, changed to use the EHR under test. */
function block(kind) {
  const [{ text }, ...others] = blocksOf("docs/start.md").filter((found) => found.kind === kind);
  assert.deepEqual(others, [], `docs/start.md has more than one block of ${kind}`);
  return text.replaceAll("http://localhost:9080", ehrOrigin);
}

/** A static server for the two files and the installed package. */
const folder = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, myApp);
  const path = pathname === "/" ? "/index.html" : pathname;
  const files = { "/index.html": block("html"), "/main.js": block("js") };
  const inPackage = path.split("/node_modules/smartrust/")[1];
  const body = inPackage ? await readFile(join(root, "pkg", inPackage)).catch(() => undefined) : files[path];
  if (body === undefined) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": types[path.split(".").at(-1)] }).end(body);
});

before(() => new Promise((resolve, reject) => folder.once("error", reject).listen(new URL(myApp).port, "localhost", resolve)));
after(() => {
  folder.closeAllConnections();
  folder.close();
});

/** What the page shows about the patient. */
async function shown(page) {
  const status = page.getByRole("status").filter({ hasText: "born" });
  await status.waitFor();
  return status.innerText();
}

async function assertShowsPatient(page, traffic) {
  const text = await shown(page);
  const { names } = await patientOf(traffic);
  assert.ok(includesAll(text, names), `"${text}" names ${names}`);
  return text;
}

test("the getting-started example shows a patient's record, also after a reload", async ({ page, traffic }) => {
  await page.goto(myApp);
  await page.getByText("Not connected.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await confirmAtPortal(page);
  await page.waitForURL((url) => url.href.startsWith(myApp));
  const text = await assertShowsPatient(page, traffic);
  await page.getByRole("listitem").first().waitFor();
  await page.reload();
  assert.equal(await shown(page), text);
  assert.equal(await page.getByRole("button", { name: "Connect" }).isVisible(), false);
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("the getting-started example shows the chart's patient after an EHR launch", async ({ page, traffic }) => {
  const chart = new Chart(page);
  await chart.logIn(providerLogin);
  await chart.openPatient(2);
  await chart.launch("My app");
  await page.waitForURL((url) => url.href.startsWith(myApp));
  await assertShowsPatient(page, traffic);
});
