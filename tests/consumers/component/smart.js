import { SmartApp } from "smartrust";

export const app = new SmartApp({
  clientId: "my-app",
  scope: "launch/patient openid fhirUser offline_access patient/*.rs",
  trustedIssuers: ["https://ehr.test/fhir"],
});
