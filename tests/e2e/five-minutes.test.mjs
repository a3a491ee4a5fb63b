// The code of docs/start.md as it stands there, at the address that the sandbox knows as the app's own.

import assert from "node:assert/strict";
import { blocksOf } from "../docs/support/pages.mjs";
import { Chart } from "./pages/chart.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { holdsEach, patientOf } from "./support/patient.mjs";
import { appOrigin, ehrOrigin, providerLogin } from "./support/servers.mjs";

const home = `${appOrigin}/my-app/`;

/** The page's one block of a kind, for the EHR under test. */
function block(kind) {
  const [{ text }, ...others] = blocksOf("docs/start.md").filter((found) => found.kind === kind);
  assert.deepEqual(others, [], `docs/start.md has one block of ${kind}`);
  return text.replaceAll("http://localhost:9080", ehrOrigin);
}

/** Serves the two files and the installed package as a static server would. */
async function serveFolder(context) {
  // A page that is served so comes from no address, and the EHR's, on this machine, is another network's to the browser.
  await context.grantPermissions(["local-network-access"], { origin: appOrigin });
  const files = { "": ["text/html", block("html")], "main.js": ["text/javascript", block("js")] };
  await context.route(
    (address) => address.href.startsWith(home),
    (route) => {
      const path = new URL(route.request().url()).pathname.slice("/my-app/".length);
      const inPackage = path.split("node_modules/smartrust/")[1];
      if (inPackage) return route.continue({ url: `${appOrigin}/pkg/${inPackage}` });
      const [contentType, body] = files[path] ?? ["text/plain", null];
      return body === null ? route.fulfill({ status: 404, contentType }) : route.fulfill({ contentType, body });
    },
  );
}

async function showsItsPatient(page, traffic) {
  const status = page.getByRole("status").filter({ hasText: "born" });
  await status.waitFor();
  const { names } = await patientOf(traffic);
  const shown = await status.innerText();
  assert.ok(holdsEach(shown, names), `"${shown}" names ${names}`);
}

test("the five-minute start ends with a patient's record, also after a reload", async ({ context, page, traffic }) => {
  await serveFolder(context);
  await page.goto(home);
  await page.getByText("Not connected.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await confirmAtPortal(page);
  await page.waitForURL((address) => address.href.startsWith(home));
  await showsItsPatient(page, traffic);
  await page.getByRole("listitem").first().waitFor();
  await page.reload();
  await showsItsPatient(page, traffic);
  assert.equal(await page.getByRole("button", { name: "Connect" }).isVisible(), false);
  assert.equal(traffic.tokenRequests("authorization_code").length, 1);
});

test("the five-minute start opens from a chart on the chart's patient", async ({ context, page, traffic }) => {
  await serveFolder(context);
  const chart = new Chart(page);
  await chart.logIn(providerLogin);
  await chart.openPatient(2);
  await chart.launch("My app");
  await page.waitForURL((address) => address.href.startsWith(home));
  await showsItsPatient(page, traffic);
});
