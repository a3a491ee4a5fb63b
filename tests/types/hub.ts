// An app that follows other apps and sends messages to the EHR's page must compile, and the marked mistakes must not.

import { SmartApp, follow, refuse, type EhrResponse, type Hub, type Session } from "smartrust/hub";

const app = new SmartApp({ fhirBase: "https://ehr.example/fhir", clientId: "my-app", scope: "launch fhircast/Patient-open.read messaging/ui" });

export async function followChart(): Promise<string> {
  const session: Session | null = await app.resume();
  if (!session) return "";
  const hub: Hub = session.hub;
  hub.addEventListener("viewchange", ({ detail }) => console.log(detail.patient));
  // @ts-expect-error: there is no such event.
  hub.addEventListener("change", () => undefined);
  const subscription = await hub.subscribe({
    events: ["Patient-open"],
    onEvent: ({ patient, subject }) => (patient === "other" ? refuse(subject?.name ?? "another patient") : follow),
  });
  // @ts-expect-error: a handler returns a decision.
  await hub.subscribe({ events: ["Patient-open"], onEvent: () => true });
  await subscription.unsubscribe();
  return `${hub.state} ${hub.view.state}`;
}

export async function sendMessages({ ehr }: Session): Promise<string> {
  const answers: (EhrResponse | undefined)[] = [];
  const onResponse = (answer: EhrResponse | undefined) => answers.push(answer);
  const created = await ehr.send("scratchpad.create", { resource: { resourceType: "ServiceRequest" } }, { onResponse, signal: AbortSignal.timeout(1000) });
  const read = await ehr.send("scratchpad.read");
  // @ts-expect-error: a payload is an object.
  await ehr.send("scratchpad.read", "ServiceRequest/1");
  const shown = await ehr.launchActivity("problem-review", { problemLocation: "Condition/1" });
  // @ts-expect-error: an activity has a type.
  await ehr.launchActivity();
  // @ts-expect-error: a response may have no payload.
  (await ehr.done()).status;
  return `${created?.location} ${read?.scratchpad?.[0]?.resourceType} ${shown?.statusDetail?.text} ${read?.["other"]}`;
}
