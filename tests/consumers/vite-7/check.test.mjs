import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const consumer = await Consumer.in(import.meta.dirname);

checkLaunch("Vite 7, built", consumer, () => consumer.built());
checkLaunch("Vite 7, built, with the WebAssembly by its address", consumer, () =>
  consumer.built("build:by-address", { folder: "by-address" }),
);
checkLaunch("Vite 7 in development", consumer, () => consumer.inDevelopment());
