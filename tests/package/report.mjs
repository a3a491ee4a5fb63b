// Reports of the public types, one for each entry of the npm package, by API Extractor. They are committed, so that each change of the
// API shows in a diff.

import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../../pkg/package.json" with { type: "json" };

const repository = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(import.meta.dirname, "api");

/** The declaration files that package.json exports, without their extension. Those of CommonJS are made of them. */
export const entries = [...new Set(Object.values(manifest.exports).flatMap(({ types }) => types?.default ?? types ?? []))]
  .map((file) => file.replace(/^\.\/(.*)\.d\.ts$/, "$1"))
  .sort();

/** The entries that have a committed report. */
export function reportedEntries() {
  return readdirSync(folder).map((file) => file.replace(/\.api\.md$/, "")).sort();
}

/** Writes all reports. */
export function writeReports() {
  for (const entry of entries) compare(entry, { localBuild: true });
}

/** Returns the problems of an entry's types, and whether its report is stale. With `localBuild`, a stale report is replaced. */
export function compare(entry, { localBuild = false } = {}) {
  const problems = [];
  const { apiReportChanged } = Extractor.invoke(ExtractorConfig.prepare(configuration(entry)), {
    localBuild,
    printApiReportDiff: !localBuild,
    messageCallback(message) {
      message.handled = true;
      if (message.category === "Compiler" || message.messageId === "console-api-report-diff") problems.push(message.text);
    },
  });
  return { isStale: apiReportChanged, problems };
}

function configuration(entry) {
  const file = join(repository, `pkg/${entry}.d.ts`);
  const off = { default: { logLevel: "none" } };
  return {
    packageJsonFullPath: join(repository, "pkg/package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: join(repository, "pkg"),
      mainEntryPointFilePath: file,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            strict: true,
            target: "es2022",
            module: "esnext",
            moduleResolution: "bundler",
            lib: ["es2022", "dom", "dom.iterable"],
            types: [],
          },
          files: [file],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: entry,
        reportFolder: folder,
        reportTempFolder: join(repository, "target/api-reports"),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { compilerMessageReporting: { default: { logLevel: "error" } }, extractorMessageReporting: off, tsdocMessageReporting: off },
    },
  };
}
