import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";
import { checkServer } from "../support/server.mjs";

const consumer = await Consumer.in(import.meta.dirname);
consumer.build();
const built = () => consumer.started(["node", "build"]);

checkLaunch("SvelteKit 3, built", consumer, built);
checkLaunch("SvelteKit 3 on the development server", consumer, () => consumer.inDevelopment());
checkServer("SvelteKit 3", consumer, built);
