import { test } from "node:test";
import { ehrOrigin } from "../../e2e/support/servers.mjs";
import { Consumer, runIn } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";
import { checkReport, fhirBase } from "../support/service.mjs";

const consumer = await Consumer.in(import.meta.dirname);

checkLaunch("esbuild with the WebAssembly as a file", consumer, () => consumer.built());

// Without 'self' in connect-src, the page can fetch nothing from its own origin.
const oneFile = { folder: "one-file", connect: [ehrOrigin] };
checkLaunch("esbuild with everything in one file", consumer, () => consumer.built("build:one-file", oneFile));

test("esbuild with everything in one file: a backend service reads and exports", () => {
  const folder = consumer.build("build:service", "service");
  checkReport(runIn(folder, process.execPath, ["program.mjs", fhirBase]));
});
