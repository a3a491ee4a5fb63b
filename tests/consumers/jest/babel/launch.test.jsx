// The real package in jsdom, from the launch to the page.

import { render, screen } from "@testing-library/react";
import { scriptedServer } from "smartrust/testing";
import { App } from "../App.jsx";
import { app } from "../smart.js";

const glucose = { resourceType: "Observation", id: "1", status: "final", code: { text: "Glucose" } };
const server = scriptedServer({ clientId: "my-app", patient: "1", fhirUser: "Patient/1", resources: [glucose] });

beforeAll(() => {
  globalThis.fetch = server.fetch;
});
afterEach(() => server.verify());

test("a launch shows the patient's results", async () => {
  const session = await server.launch(app);
  expect([session.patient.id, session.fhirUser.reference]).toEqual(["1", "Patient/1"]);
  render(<App />);
  await screen.findByText("Glucose");
  expect(server.requests.filter(({ url }) => url.endsWith("/token"))).toHaveLength(1);
});

test("an access token that the server refuses is refreshed", async () => {
  server.invalidateAccessTokens();
  const session = await app.resume();
  const [found] = await session.patient.search("Observation").toArray();
  expect(found).toEqual(glucose);
});
