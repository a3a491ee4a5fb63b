import { test } from "node:test";
import { copyOf, runIn } from "../support/consumer.mjs";
import { checkReport, fhirBase } from "../support/service.mjs";

const folder = copyOf(import.meta.dirname);
const bun = "node_modules/.bin/bun";

// The one package here whose script must run: it puts the machine's own program into its place.
runIn(`${folder}/node_modules/bun`, process.execPath, ["install.js"]);

test("Bun: a service reads and exports", () => {
  checkReport(runIn(folder, bun, ["service-program.mjs", fhirBase]));
});
