const client = await FHIR.oauth2.init({
  clientId: "plain-html",
  scope: "SCOPE",
  iss: "FHIR_BASE",
  redirectUri: location.origin + location.pathname,
});
window.patient = await client.patient.read();
performance.mark("patient");
window.read = () => client.request("Patient/1");
