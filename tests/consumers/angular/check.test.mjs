import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const consumer = await Consumer.in(import.meta.dirname);

checkLaunch("Angular 22, built", consumer, () => consumer.built("build", { folder: "dist/browser" }));
checkLaunch("Angular 22 on the development server", consumer, () => consumer.started(["ng", "serve", "--port", consumer.port]));
