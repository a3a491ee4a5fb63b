// Without @types/fhir, every resource has the type Resource, whose members are not typed.

import type { BackendClient, FhirResponse, Resource, ResourceOf, Session } from "smartrust";
import { same } from "./same.js";

declare const session: Session;
declare const client: BackendClient;

same<ResourceOf<"Patient">, Resource>();

export async function reading() {
  const patient = await session.read("Patient/1");
  same<typeof patient, Resource>();
  const family: string = patient.name[0].family;
  // @ts-expect-error: a Resource is not a number.
  const another: number = patient;
  const labs = await session.patient?.search("Observation").toArray();
  same<typeof labs, Resource[] | undefined>();
  const asService = await client.read<"Observation">("Observation/1");
  same<typeof asService, Resource>();
  for await (const group of client.search("Group", { _count: 5 }, { limit: 5 })) same<typeof group, Resource>();
  const capabilities = await session.capabilities();
  same<typeof capabilities, Resource>();
  return [family, another];
}

export async function changing(patient: Resource, own: Own) {
  const literal = await session.create({ resourceType: "Observation", status: "final" });
  same<typeof literal, FhirResponse<Resource & { id: string }>>();
  if (literal.resource) {
    same<typeof literal.resource.id, string>();
    console.log(literal.resource.meta.versionId);
  }
  const created = await session.create(patient);
  same<typeof created.resource, (Resource & { id: string }) | undefined>();
  const named = await session.create<Own>(own);
  same<typeof named.resource, (Own & { id: string }) | undefined>();
  const replaced = await session.update(own);
  same<typeof replaced.resource, (Own & { id: string }) | undefined>();
}

/** The app's own type. */
interface Own extends Resource {
  resourceType: "Observation";
  valueInteger: number;
}
