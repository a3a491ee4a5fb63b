import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const consumer = await Consumer.in(import.meta.dirname);

checkLaunch("Vite 7, built", consumer, () => consumer.built());
checkLaunch("Vite 7, built, with the URL of the WebAssembly", consumer, () =>
  consumer.built("build:by-url", { folder: "by-url" }),
);
checkLaunch("Vite 7 on the development server", consumer, () => consumer.inDevelopment());
