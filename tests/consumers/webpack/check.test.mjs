import { Consumer } from "../support/consumer.mjs";
import { checkLaunch } from "../support/launch.mjs";

const consumer = await Consumer.in(import.meta.dirname);

checkLaunch("webpack 5", consumer, () => consumer.built());
