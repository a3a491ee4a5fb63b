import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before } from "node:test";
import { test } from "../../e2e/support/browser.mjs";
import { Consumer, copyOf } from "../support/consumer.mjs";
import { freePort } from "../support/host.mjs";

const consumer = new Consumer(copyOf(import.meta.dirname, join(import.meta.dirname, "../component")), await freePort());
let server;
before(async () => {
  consumer.build("build", "dist");
  // Storybook's own pages have inline scripts.
  server = await consumer.served("dist", { policy: "" });
});
after(() => server?.stop());

const show = (page, story) => page.goto(`${consumer.home}iframe.html?id=labs--${story}&viewMode=story`);

test("Storybook: a story shows the results of a fake session", async ({ page, traffic }) => {
  await show(page, "results");
  await page.getByRole("listitem").waitFor();
  assert.deepEqual(await page.getByRole("listitem").allInnerTexts(), ["Glucose"]);
  assert.deepEqual(traffic.to("https://ehr.test"), []);
});

test("Storybook: a story shows an error", async ({ page }) => {
  await show(page, "refused");
  assert.equal(await page.getByRole("alert").innerText(), "Your practice does not share results.");
});
