import { report } from "./service.js";
import { settings } from "./settings.js";

export default {
  async fetch(request) {
    if (request.method !== "POST") return new Response("POST runs the service.");
    return Response.json(await report(settings.trustedIssuers[0]));
  },
};
