// Typical TypeScript of an app in trust communities must compile, and the marked mistakes must not.

import { BackendClient, Keys } from "smartrust/backend";
import { SmartError, UdapClient, type SoftwareStatement, type UdapPurpose, type UdapServer } from "smartrust/udap";

declare const certificate: string;
declare const anchors: string;
declare const keys: Keys;

const purpose: UdapPurpose = { organizationId: "https://acme.example/org", purposeOfUse: ["urn:oid:2.16.840.1.113883.5.8#TREAT"] };
const statement: SoftwareStatement = { clientName: "Acme", contacts: ["mailto:ops@acme.example"], scope: "system/Patient.rs" };

export async function firstRecord(): Promise<string | undefined> {
  const udap = await UdapClient.create({
    certificate,
    key: keys,
    communities: [{ uri: "https://community.example", anchors, algorithms: ["RS256"] }],
    checkRevocation: ({ certificate }) => (certificate.length > 0 ? "good" : "unknown"),
    requireRevocationCheck: true,
  });
  // @ts-expect-error: a client is created by create().
  new UdapClient({ certificate });
  // @ts-expect-error: a community has anchors.
  await UdapClient.create({ certificate, key: "pem", communities: [{ uri: "https://community.example" }] });
  const server = await udap.discover(new URL("https://ehr.example/fhir"), { community: "https://community.example" });
  const registration = await server.register(statement);
  // @ts-expect-error: a statement has contacts.
  await server.register({ clientName: "Acme", scope: "system/Patient.rs" });
  const { accessToken, expiresIn = 0 } = await registration.clientCredentials({ purpose });
  const service = new BackendClient(await registration.service({ purpose }));
  const patient = await service.read("Patient/1");
  const change: "registered" | "modified" | undefined = registration.change;
  return `${accessToken.length} ${expiresIn} ${patient.resourceType} ${change} ${udap.certificate.expiresAt.toISOString()}`;
}

export async function forAPage(server: UdapServer, code: string): Promise<string | undefined> {
  const registration = await server.registration();
  if (!registration) return undefined;
  const { parameters } = await registration.authenticate(server.describe().tokenEndpoint);
  const token = await registration.exchange({ code, redirectUri: "https://app.example/", codeVerifier: "verifier" });
  const next = await registration.refresh({ refreshToken: token.refreshToken ?? "" });
  return `${Object.keys(parameters ?? {})} ${next.patient}`;
}

export function explain(error: unknown): string {
  if (!(error instanceof SmartError) || error.code !== "udap_untrusted") return "";
  return `${error.check}: ${error.message}`;
}
