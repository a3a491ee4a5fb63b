import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const consumer = await Consumer.in(import.meta.dirname);

checkLaunch("Vite 8, built", consumer, () => consumer.built());
checkLaunch("Vite 8, built without unused re-exports", consumer, () => consumer.built("build:lean", { folder: "lean" }));
checkLaunch("Vite 8 on the development server", consumer, () => consumer.inDevelopment());

test("Vite 8, built without unused re-exports: no file is for backend services", () => {
  const files = readdirSync(join(consumer.build("build:lean", "lean"), "assets"));
  const names = files.filter((file) => file.endsWith(".wasm")).map((file) => file.split("-")[0]);
  assert.deepEqual(names, ["smartrust_bg"]);
});
