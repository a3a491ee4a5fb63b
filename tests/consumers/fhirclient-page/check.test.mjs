import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "../../e2e/support/browser.mjs";
import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const page = readFileSync(fileURLToPath(new URL("../app/index.html", import.meta.url)), "utf8");
const scripts = '<script src="./node_modules/smartrust/fhirclient.global.min.js"></script>\n    <script src="./script.js" defer></script>';

const module = await Consumer.in(import.meta.dirname);
const script = await Consumer.in(import.meta.dirname);
script.write("index.html", page.replace(/<script .*<\/script>/, scripts));

check("an app for fhirclient, in a page that imports one file", module, "fhirclient.min.js");
check("an app for fhirclient, in a page with script tags", script, "fhirclient.global.min.js");

function check(name, consumer, file) {
  checkLaunch(name, consumer, () => consumer.served());
  test(`${name}: the page only loads that file and the WebAssembly from the package`, async ({ page, traffic }) => {
    const server = await consumer.served();
    try {
      const folder = `${consumer.home}node_modules/smartrust/`;
      await page.goto(consumer.home);
      await page.getByRole("button", { name: "Connect", exact: true }).click();
      await page.waitForURL((url) => !url.href.startsWith(consumer.home));
      const loaded = traffic.to(folder).map((request) => request.url().slice(folder.length));
      assert.deepEqual(loaded, [file, "wasm/smartrust_bg.wasm"]);
    } finally {
      await server.stop();
    }
  });
}
