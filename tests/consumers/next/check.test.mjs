import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";
import { checkServer, checkService } from "../support/server.mjs";

const consumer = await Consumer.in(import.meta.dirname);
consumer.build();
const built = () => consumer.started(["next", "start"]);

checkLaunch("Next.js 16, built", consumer, built);
checkLaunch("Next.js 16 on the development server", consumer, () => consumer.started(["next", "dev"]));
checkServer("Next.js 16", consumer, built);
checkService("Next.js 16, in the edge runtime", consumer, built, "edge");
