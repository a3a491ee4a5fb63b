import { test } from "node:test";
import { copyOf, runIn } from "../support/consumer.mjs";
import { checkReport, fhirBase } from "../support/service.mjs";

const folder = copyOf(import.meta.dirname);

test("Deno: a backend service reads and exports", async () => {
  const permissions = ["--no-prompt", "--allow-net", "--allow-read=."];
  checkReport(runIn(folder, "node_modules/.bin/deno", ["run", ...permissions, "service-program.mjs", fhirBase]));
});
