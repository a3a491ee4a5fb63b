import { test } from "node:test";
import { checkCommunityReport, inCommunity } from "../support/community.mjs";
import { copyOf, runIn } from "../support/consumer.mjs";
import { checkReport, fhirBase } from "../support/service.mjs";

const folder = copyOf(import.meta.dirname);
const permissions = ["--no-prompt", "--allow-net", "--allow-read=."];

test("Deno: a backend service reads and exports", async () => {
  checkReport(runIn(folder, "node_modules/.bin/deno", ["run", ...permissions, "service-program.mjs", fhirBase]));
});

test("U3 U7 U13 Deno: an app registers in a trust community by its certificate, and reads a record", async () => {
  await inCommunity(folder, (base) => checkCommunityReport(runIn(folder, "node_modules/.bin/deno", ["run", ...permissions, "community-program.mjs", base])));
});
