import { join } from "node:path";
import { test } from "node:test";
import { copyOf, runIn } from "../support/consumer.mjs";

const folder = copyOf(import.meta.dirname, join(import.meta.dirname, "../component"));

const vitest = (project) => runIn(folder, process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--project", project]);

test("Vitest with jsdom: React components with a fake session, and a whole launch", () => {
  vitest("jsdom");
});

test("Vitest in Node: a whole launch", () => {
  vitest("node");
});
