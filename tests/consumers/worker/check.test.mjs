import assert from "node:assert/strict";
import { test } from "../../e2e/support/browser.mjs";
import { iss } from "../../e2e/support/servers.mjs";
import { everythingStored } from "../../e2e/support/storage.mjs";
import { Consumer } from "../support/consumer.mjs";
import { checkLaunch, launch } from "../support/launch.mjs";
import { checkReport } from "../support/service.mjs";

const consumer = await Consumer.in(import.meta.dirname);

test("a web worker, built by Vite 8: a backend service reads and exports", async ({ page }) => {
  const server = await consumer.built();
  try {
    await page.goto(consumer.home);
    checkReport(await page.getByRole("status").filter({ hasText: "{" }).innerText());
  } finally {
    await server.stop();
  }
});

checkLaunch("a web worker that uses its page's session", consumer, () => consumer.built());

test("a web worker refreshes and ends its page's session", async ({ page, traffic }) => {
  const server = await consumer.built();
  try {
    await launch(page, consumer);
    await page.getByRole("button", { name: "refresh", exact: true }).click();
    await page.getByText(/^Page event: refreshed, reads Patient \d+$/).waitFor();
    const { access_token: token } = await traffic.tokenResponse("refresh_token");
    const last = traffic.to(`${iss}/Patient/`).at(-1);
    assert.equal(await last.headerValue("authorization"), `Bearer ${token}`);
    assert.ok((await everythingStored(page)).includes(token), "the tab does not store the worker's token");

    await page.getByRole("button", { name: "signOut", exact: true }).click();
    await page.getByText("Page event: signed_out", { exact: true }).waitFor();
    await page.getByRole("status").filter({ hasText: /^signed_out$/ }).waitFor();
    assert.ok(!(await everythingStored(page)).includes(token), "the tab still stores the token");
  } finally {
    await server.stop();
  }
});
