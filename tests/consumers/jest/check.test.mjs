import { join } from "node:path";
import { test } from "node:test";
import { copyOf, runIn } from "../support/consumer.mjs";

const folder = copyOf(import.meta.dirname, join(import.meta.dirname, "../component"));

const jest = (project, ...options) =>
  runIn(folder, process.execPath, [...options, "node_modules/jest/bin/jest.js", "--ci", "--selectProjects", project]);

test("Jest with Babel and jsdom: React components with a fake session, and a whole launch", () => {
  jest("babel");
});

test("Jest with ts-jest: the types of CommonJS, and a whole launch in Node", () => {
  jest("ts-jest");
});

test("Jest with ES modules: a whole launch", () => {
  jest("modules", "--experimental-vm-modules");
});
