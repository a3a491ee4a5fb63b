import { test } from "../../e2e/support/browser.mjs";
import { Consumer } from "../support/consumer.mjs";
import { checkReport } from "../support/service.mjs";

const consumer = await Consumer.in(import.meta.dirname);

test("a web worker, built by Vite 8: a service reads and exports", async ({ page }) => {
  const server = await consumer.built();
  try {
    await page.goto(consumer.home);
    checkReport(await page.getByRole("status").filter({ hasText: "{" }).innerText());
  } finally {
    await server.stop();
  }
});
