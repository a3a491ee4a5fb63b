import { Consumer } from "../support/consumer.mjs";
import { checkService } from "../support/server.mjs";

const consumer = await Consumer.in(import.meta.dirname);

consumer.build();
// Runs the built worker in workerd.
const serve = () => consumer.started(["wrangler", "dev", "dist/worker.js", "--no-bundle", "--port", consumer.port]);

checkService("Cloudflare Workers, built", consumer, serve);
