import { test } from "node:test";
import { checkCommunityReport, inCommunity } from "../support/community.mjs";
import { copyOf, runIn } from "../support/consumer.mjs";
import { checkReport, fhirBase } from "../support/service.mjs";

const folder = copyOf(import.meta.dirname);
const bun = "node_modules/.bin/bun";

// Only this package's install script must run: it installs the binary for this platform.
runIn(`${folder}/node_modules/bun`, process.execPath, ["install.js"]);

test("Bun: a backend service reads and exports", () => {
  checkReport(runIn(folder, bun, ["service-program.mjs", fhirBase]));
});

test("U3 U7 U13 Bun: an app registers in a trust community by its certificate, and reads a record", async () => {
  await inCommunity(folder, (base) => checkCommunityReport(runIn(folder, bun, ["community-program.mjs", base])));
});
