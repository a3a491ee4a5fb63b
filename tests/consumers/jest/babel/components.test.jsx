// Components in jsdom with fakes: no WebAssembly, no network.

import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { SmartError } from "smartrust";
import { fakeApp, fakeSession, smartError } from "smartrust/testing";
import { App, Labs } from "../App.jsx";

let mockApp;
jest.mock("../smart.js", () => ({
  get app() {
    return mockApp;
  },
}));

const glucose = { resourceType: "Observation", id: "1", status: "final", code: { text: "Glucose" } };

test("shows the patient's results", async () => {
  const session = fakeSession({ patient: "1", resources: [glucose] });
  mockApp = fakeApp({ session });
  render(<App />);
  await screen.findByText("Glucose");
  expect(session.requests.map(({ url }) => url)).toEqual(["Observation?patient=1&category=laboratory"]);
});

test("connects if there is no session", async () => {
  mockApp = fakeApp();
  render(<App />);
  fireEvent.click(await screen.findByText("Connect"));
  expect(mockApp.calls.map(([method]) => method)).toEqual(["resume", "launch"]);
});

test("shows why a launch failed", async () => {
  mockApp = fakeApp({ errors: { resume: smartError("access_denied") } });
  expect(smartError("access_denied")).toBeInstanceOf(SmartError);
  render(<App />);
  await waitFor(() => expect(screen.getByRole("alert").textContent).toBe("access_denied"));
});

test("shows what is missing in the test", async () => {
  render(<Labs session={fakeSession({ patient: "1" })} />);
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toMatch("The test has no response for GET Observation?patient=1&category=laboratory");
});
