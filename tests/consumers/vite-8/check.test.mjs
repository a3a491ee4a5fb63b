import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const consumer = await Consumer.in(import.meta.dirname);

checkLaunch("Vite 8, built", consumer, () => consumer.built());
checkLaunch("Vite 8 in development", consumer, () => consumer.inDevelopment());
