import { SmartApp } from "smartrust";

export const app = new SmartApp({
  clientId: import.meta.env.VITE_CLIENT_ID,
  scope: "launch/patient openid fhirUser offline_access patient/Patient.rs patient/Observation.rs",
  trustedIssuers: [import.meta.env.VITE_FHIR_BASE],
});
