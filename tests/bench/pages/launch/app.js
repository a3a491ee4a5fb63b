import { SmartApp } from "/smartrust/launch.min.js";

const redirectUri = new URL("../ours/", location).href;
await new SmartApp({ clientId: "plain-html", scope: "SCOPE", trustedIssuers: ["FHIR_BASE"], redirectUri }).launch();
