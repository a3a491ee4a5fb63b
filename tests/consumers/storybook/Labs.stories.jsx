import { fakeSession, smartError } from "smartrust/testing";
import { Labs } from "./App.jsx";

const glucose = { resourceType: "Observation", id: "1", status: "final", code: { text: "Glucose" } };

export default { component: Labs };

/** The patient has results. */
export const Results = { args: { session: fakeSession({ patient: "1", resources: [glucose] }) } };

/** The server refuses. */
const refuse = () => {
  throw smartError("forbidden", { message: "Your practice does not share results." });
};
export const Refused = { args: { session: fakeSession({ patient: "1", respond: refuse }) } };
