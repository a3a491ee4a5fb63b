import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { flags } from "../../e2e/support/browser.mjs";
import { confirmAtPortal } from "../../e2e/support/flows.mjs";
import { chromium } from "playwright-core";
import { Consumer } from "../support/consumer.mjs";

// The id that Chromium derives from the manifest's key.
const id = "gelpcmknpihkafmmiocbimlijmcgfgjh";

const consumer = await Consumer.in(import.meta.dirname, { redirectUri: `https://${id}.chromiumapp.org/` });
const extension = consumer.build();

/** Starts Chromium with the extension. */
async function withExtension(use) {
  const profile = mkdtempSync(join(tmpdir(), "smartrust-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM,
    args: [...flags, "--disable-features=DisableLoadExtensionCommandLineSwitch", `--load-extension=${extension}`],
    ignoreDefaultArgs: ["--disable-extensions"],
  });
  context.setDefaultTimeout(20_000);
  try {
    await use(context);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

test("a browser extension (Manifest V3): a launch shows the patient", async () => {
  await withExtension(async (context) => {
    const page = await context.newPage();
    await page.goto(`chrome-extension://${id}/index.html`);
    const window = context.waitForEvent("page");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await confirmAtPortal(await window);
    const patient = page.getByRole("status").filter({ hasText: "Patient" });
    await patient.waitFor();
    assert.match(await patient.innerText(), /^Patient \d+: .+; \d+ conditions, complete$/);

    await page.reload();
    await patient.waitFor();
  });
});
