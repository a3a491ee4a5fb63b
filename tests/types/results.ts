// With @types/fhir installed, results have its types.

import type { Bundle, CapabilityStatement, Encounter, Meta, Observation, OperationOutcome, Patient } from "fhir/r4.js";
import {
  type BackendClient,
  type FhirResponse,
  type Resource,
  type ResourceOf,
  type Session,
  type SmartError,
} from "smartrust";
import { same } from "./same.js";

declare const session: Session;
declare const client: BackendClient;
declare const error: SmartError;
declare const anywhere: string;

same<ResourceOf<"Patient">, Patient>();
same<ResourceOf<"Other">, Resource>();
same<typeof error.operationOutcome, OperationOutcome | undefined>();

export async function reading() {
  const byReference = await session.read("Patient/1");
  same<typeof byReference, Patient>();
  const byType = await session.read<"Patient">(anywhere);
  same<typeof byType, Patient>();
  const unknown = await session.read(anywhere);
  same<typeof unknown, Resource>();
  const own = await session.read<{ resourceType: "Patient"; mine: true }>("Patient/1");
  same<typeof own, { resourceType: "Patient"; mine: true }>();

  const patient = await session.patient?.read();
  same<typeof patient, Patient | undefined>();
  const encounter = await session.encounter?.read();
  same<typeof encounter, Encounter | undefined>();
  const user = await session.fhirUser?.read();
  same<typeof user, Resource | undefined>();
  const asService = await client.read("Observation/1");
  same<typeof asService, Observation>();

  // @ts-expect-error: unknown member of Patient.
  byReference.names;
  // @ts-expect-error: status is a string.
  const status: number = asService.status;
  return status;
}

export async function searching() {
  const labs = session.search("Observation", { category: "laboratory" });
  for await (const lab of labs) same<typeof lab, Observation>();
  for await (const { resources } of labs.pages()) same<typeof resources, Observation[]>();
  const own = await session.patient?.search("Observation").toArray();
  same<typeof own, Observation[] | undefined>();
  const resolved = await session.resolver().resolve("Patient/1");
  same<typeof resolved, Patient>();
}

export async function changing(patient: Patient, bundle: Bundle) {
  const created = await session.create(patient);
  same<typeof created, FhirResponse<Patient & { id: string }>>();
  const literal = await session.create({ resourceType: "Observation", status: "final", code: { text: "Steps" }, valueInteger: 9000 });
  same<typeof literal, FhirResponse<Observation & { id: string }>>();
  if (literal.resource) {
    same<typeof literal.resource.id, string>();
    same<typeof literal.resource.meta, Meta | undefined>();
  }
  const tagged = await session.create({ resourceType: "Observation", meta: { tag: [{ code: "app" }] }, status: "final", code: {} });
  same<typeof tagged, typeof literal>();
  const batched = await session.batcher().create({ resourceType: "Observation", status: "final", code: {} });
  same<typeof batched.resource, (Observation & { id: string }) | undefined>();
  const other = await session.create({ resourceType: "Other", mine: true });
  same<typeof other.resource, (Resource & { id: string }) | undefined>();
  const replaced = await session.update(patient, { ifMatch: true });
  same<typeof replaced.resource, (Patient & { id: string }) | undefined>();
  const spread = await session.update({ ...patient, active: true });
  const names: string | undefined = spread.resource?.name?.[0]?.family;
  const renewed = await session.update({ resourceType: "Patient", id: "1", active: true });
  same<typeof renewed.resource, (Patient & { id: string }) | undefined>();
  const response = await session.transaction(bundle);
  same<typeof response, Bundle>();
  const capabilities = await session.capabilities();
  same<typeof capabilities, CapabilityStatement>();
  const found = await session.batcher().search("Condition", { patient: "1" });
  same<typeof found, Bundle>();

  console.log(names);
  // @ts-expect-error: resourceType is missing.
  await session.create({ name: [{ family: "Diallo" }] });
  // @ts-expect-error: unknown member of Observation, although it was sent.
  literal.resource?.steps;
}
