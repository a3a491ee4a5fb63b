// Compiles code blocks with the package's types.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pages.mjs";

/** The types of variables that a block may use without declaring them, if a `uses` comment before the block names them. */
const variables = {
  app: 'import("smartrust").SmartApp',
  session: 'import("smartrust").Session',
  service: 'import("smartrust").BackendClient',
  job: 'import("smartrust").Export',
  bundle: 'import("smartrust").ResourceOf<"Bundle">',
  server: 'import("smartrust/testing").ScriptedServer',
  client: 'import("smartrust/fhirclient").Client',
  FHIR: 'typeof import("smartrust/fhirclient").default',
  patient: 'import("smartrust").ResourceOf<"Patient">',
  start: '(session: import("smartrust").Session) => void',
  show: "(something: unknown) => void",
  scope: "string",
  statusUrl: "string",
  fhirBase: "string",
  kept: "string",
};

/** Other modules, which are not type-checked. */
const otherModules = ["node:*", "@playwright/test", "@jest/globals", "@testing-library/react", "vitest"];

/** Components of a reader's own app, in modules next to that of the block. */
const components = ["App", "Results"];

/** The package's entries with their types. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(root, "pkg/package.json"), "utf8"));
  const typed = Object.entries(exports).filter(([, target]) => target.types);
  return Object.fromEntries(typed.map(([entry, { types }]) => [join("smartrust", entry), [join(root, "pkg", types.default ?? types)]]));
}

function fileOf({ page, line, kind }) {
  return `${page.replaceAll("/", "_")}-${line}.${kind === "jsx" ? "tsx" : "ts"}`;
}

function sourceOf({ page, line, uses, text }) {
  const declarations = uses.map((name) => {
    if (!variables[name]) throw new Error(`${page}:${line} uses "${name}", whose type is not in tests/docs/support/compiler.mjs`);
    return `declare const ${name}: ${variables[name]};`;
  });
  // A page without a bundler imports an entry by its path.
  const imported = text.replace(/"\.\/node_modules\/smartrust\/(\w+)\.js"/g, '"smartrust/$1"');
  // Blank lines make the compiler's line numbers those of the page.
  return `export {}; ${declarations.join(" ")}${"\n".repeat(line - 1)}${imported}\n`;
}

/**
 * Compiles blocks as modules, and returns the compiler's messages. TypeScript is compiled in strict mode. JavaScript is not: it has no
 * type annotations and no null checks.
 */
export function compile(blocks, { strict }) {
  const folder = join(root, "target", strict ? "docs-ts" : "docs-js");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const block of blocks) writeFileSync(join(folder, fileOf(block)), sourceOf(block));
  for (const name of components) writeFileSync(join(folder, `${name}.d.ts`), `export const ${name}: any;\n`);
  writeFileSync(join(folder, "other-modules.d.ts"), otherModules.map((name) => `declare module "${name}";\n`).join(""));
  const compilerOptions = {
    strict,
    noEmit: true,
    target: "esnext",
    module: "esnext",
    moduleResolution: "bundler",
    jsx: "preserve",
    lib: ["es2022", "dom", "dom.iterable", "esnext.disposable"],
    types: [],
    paths: entries(),
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts", "*.tsx"] }));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, "--project", folder], { encoding: "utf8" });
  return status === 0 ? "" : stdout + stderr;
}
