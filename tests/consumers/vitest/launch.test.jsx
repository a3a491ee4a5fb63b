// The real package in jsdom, from the launch to the page.

import { render, screen } from "@testing-library/react";
import { scriptedServer } from "smartrust/testing";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { App } from "./App.jsx";
import { app } from "./smart.js";

const glucose = { resourceType: "Observation", id: "1", status: "final", code: { text: "Glucose" } };
const server = scriptedServer({ clientId: "my-app", patient: "1", fhirUser: "Patient/1", resources: [glucose] });

beforeAll(() => vi.stubGlobal("fetch", server.fetch));
afterEach(() => server.verify());

test("a launch shows the patient's results", async () => {
  const session = await server.launch(app, { ehr: true });
  expect([session.patient.id, session.fhirUser.reference]).toEqual(["1", "Patient/1"]);
  render(<App />);
  await screen.findByText("Glucose");
});
