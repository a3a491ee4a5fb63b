import { test } from "node:test";
import { checkCommunityReport, inCommunity } from "../support/community.mjs";
import { copyOf, runIn } from "../support/consumer.mjs";
import { checkReport, fhirBase } from "../support/service.mjs";

const folder = copyOf(import.meta.dirname);

test(`Node ${process.versions.node}: a backend service reads and exports`, () => {
  checkReport(runIn(folder, process.execPath, ["service-program.mjs", fhirBase]));
});

test(`U3 U7 U13 Node ${process.versions.node}: an app registers in a trust community by its certificate, and reads a record`, async () => {
  await inCommunity(folder, (base) => checkCommunityReport(runIn(folder, process.execPath, ["community-program.mjs", base])));
});
