// Compiles code blocks against the package's own typings.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pages.mjs";

/** What a block may use that it does not make itself, where a comment before it says so. */
const lent = {
  app: 'import("smartrust").SmartApp',
  session: 'import("smartrust").Session',
  service: 'import("smartrust").BackendClient',
  job: 'import("smartrust").Export',
  bundle: 'import("smartrust").ResourceOf<"Bundle">',
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

/** What is not the package's, and so not this test's to check. */
const strangers = ["node:*", "@playwright/test"];

/** The package's entries, each with its typings. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(root, "pkg/package.json"), "utf8"));
  const typed = Object.entries(exports).filter(([, target]) => target.types);
  return Object.fromEntries(typed.map(([entry, { types }]) => [join("smartrust", entry), [join(root, "pkg", types)]]));
}

function sourceOf({ page, line, uses, text }) {
  const declarations = uses.map((name) => {
    if (!lent[name]) throw new Error(`${page}:${line} uses "${name}", of which tests/docs/support/compiler.mjs does not know the type`);
    return `declare const ${name}: ${lent[name]};`;
  });
  // A page without a bundler imports an entry by its file.
  const imported = text.replace(/"\.\/node_modules\/smartrust\/(\w+)\.js"/g, '"smartrust/$1"');
  // The compiler's line numbers are the page's.
  return `export {}; ${declarations.join(" ")}${"\n".repeat(line - 1)}${imported}\n`;
}

/**
 * Compiles blocks as modules, and returns what the compiler says. TypeScript is held to be strict; JavaScript, as JavaScript, may leave
 * types and what is absent out of account.
 */
export function compile(blocks, { strict }) {
  const folder = join(root, "target", strict ? "docs-ts" : "docs-js");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const block of blocks) writeFileSync(join(folder, `${block.page.replaceAll("/", "_")}-${block.line}.ts`), sourceOf(block));
  writeFileSync(join(folder, "strangers.d.ts"), strangers.map((name) => `declare module "${name}";\n`).join(""));
  const compilerOptions = {
    strict,
    noEmit: true,
    target: "esnext",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2022", "dom", "dom.iterable", "esnext.disposable"],
    types: [],
    paths: entries(),
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, "--project", folder], { encoding: "utf8" });
  return status === 0 ? "" : stdout + stderr;
}
