import { report } from "./service.js";

addEventListener("message", async ({ data: fhirBase }) => {
  postMessage(await report(fhirBase).catch((error) => ({ error: String(error) })));
});
