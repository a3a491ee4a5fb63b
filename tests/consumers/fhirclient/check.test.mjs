import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const consumer = await Consumer.in(import.meta.dirname);

checkLaunch("an app for fhirclient, built by Vite 8", consumer, () => consumer.built());
checkLaunch("an app for fhirclient, on Vite 8's development server", consumer, () => consumer.inDevelopment());
