import { ehrOrigin } from "../../e2e/support/servers.mjs";
import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const consumer = await Consumer.in(import.meta.dirname);

checkLaunch("esbuild with the WebAssembly as a file", consumer, () => consumer.built());

// Without 'self' among what a page may connect to, it can fetch nothing from where it comes from.
const oneFile = { folder: "one-file", connect: [ehrOrigin] };
checkLaunch("esbuild with everything in one file", consumer, () => consumer.built("build:one-file", oneFile));
