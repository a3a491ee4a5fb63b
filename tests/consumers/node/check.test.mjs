import { test } from "node:test";
import { copyOf, runIn } from "../support/consumer.mjs";
import { checkReport, fhirBase } from "../support/service.mjs";

const folder = copyOf(import.meta.dirname);

test(`Node ${process.versions.node}: a backend service reads and exports`, () => {
  checkReport(runIn(folder, process.execPath, ["service-program.mjs", fhirBase]));
});
