import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";
import { checkServer } from "../support/server.mjs";

const consumer = await Consumer.in(import.meta.dirname);
consumer.build();
const built = () => consumer.started(["node", "dist/server/entry.mjs"]);

checkLaunch("Astro 7, built", consumer, built);
checkServer("Astro 7", consumer, built);
