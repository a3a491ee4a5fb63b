// From a certificate to the first record, at the FHIR base in the first argument. Prints a report as JSON.

import { readFileSync } from "node:fs";
import { BackendClient } from "smartrust/backend";
import { UdapClient } from "smartrust/udap";

const fhirBase = process.argv[2];
const read = (name) => readFileSync(name, "utf8");
const config = (anchors) => ({ certificate: read("app.pem"), key: read("app.key"), communities: [{ anchors: read(anchors) }] });

const udap = await UdapClient.create(config("community.pem"));
const server = await udap.discover(fhirBase);
const registration = await server.register({ clientName: "Acme", contacts: ["mailto:ops@acme.example"], scope: "system/*.rs" });
const purpose = { organizationId: "https://acme.example/org", purposeOfUse: ["urn:oid:2.16.840.1.113883.5.8#TREAT"] };
const service = new BackendClient(await registration.service({ purpose }));
const { id, birthDate } = await service.read("Patient/1");
// The app's own certificate is no anchor.
const mistrusting = await UdapClient.create(config("app.pem"));
const refusal = await mistrusting.discover(fhirBase).catch(({ code, check }) => ({ code, check }));
console.log(JSON.stringify({ uri: udap.uri, change: registration.change, id, birthDate, refusal }));
