import assert from "node:assert/strict";
import { PlainPage } from "./pages/plain.mjs";
import { test } from "./support/browser.mjs";
import { confirmAtPortal } from "./support/flows.mjs";
import { includesAll, patientOf } from "./support/patient.mjs";

test("the page without a framework launches and shows the patient", async ({ page, traffic }) => {
  const plain = new PlainPage(page);
  await plain.connect();
  await confirmAtPortal(page);
  await plain.waitForRedirect();
  await plain.patient().waitFor();
  const { names } = await patientOf(traffic);
  const shown = await plain.patient().innerText();
  assert.ok(includesAll(shown, names), `"${shown}" names ${names}`);
});
