// Stand-ins for the tests of apps: a session without a server, an app without a page, and a server without a network.

export { SmartError } from "./errors.js";
export { smartError } from "./testing/errors.js";
export { fakeApp } from "./testing/fake-app.js";
export { fakeSession } from "./testing/fake-session.js";
export { scriptedServer } from "./testing/scripted-server.js";
