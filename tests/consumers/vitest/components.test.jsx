// Components in jsdom with fakes: no WebAssembly, no network.

import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { fakeApp, fakeSession, smartError } from "smartrust/testing";
import { afterEach, expect, test, vi } from "vitest";
import { App } from "./App.jsx";

let app;
vi.mock("./smart.js", () => ({
  get app() {
    return app;
  },
}));
afterEach(cleanup);

const glucose = { resourceType: "Observation", id: "1", status: "final", code: { text: "Glucose" } };

test("shows the patient's results", async () => {
  const session = fakeSession({ patient: "1", resources: [glucose] });
  app = fakeApp({ session });
  render(<App />);
  await screen.findByText("Glucose");
  expect(session.requests.map(({ url }) => url)).toEqual(["Observation?patient=1&category=laboratory"]);
});

test("connects if there is no session", async () => {
  app = fakeApp();
  render(<App />);
  fireEvent.click(await screen.findByText("Connect"));
  expect(app.calls.map(([method]) => method)).toEqual(["resume", "launch"]);
});

test("shows why a launch failed", async () => {
  app = fakeApp({ errors: { resume: smartError("access_denied") } });
  render(<App />);
  expect((await screen.findByRole("alert")).textContent).toBe("access_denied");
});
