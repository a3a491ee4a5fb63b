// The hub and the EHR's page without a page: Node 20 has no WebSocket, and no host of this kind has the EHR's page around it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SmartApp, follow } from "../../pkg/node-hub.js";
import { serverOf, startServer, storeOf } from "./support.mjs";

const topic = "topic-secret";
const scope = "user/*.rs fhircast/Patient-open.read messaging/ui";
const ownWebSocket = globalThis.WebSocket;
const forms = [];
let server;

before(async () => {
  server = await startServer({
    files: {
      "/hub": async (request, response, origin) => {
        let text = "";
        for await (const piece of request) text += piece;
        forms.push(Object.fromEntries(new URLSearchParams(text)));
        response.writeHead(202, { "content-type": "application/json" });
        response.end(JSON.stringify({ "hub.channel.endpoint": `${origin.replace("http", "ws")}/socket-secret` }));
      },
    },
  });
  delete globalThis.WebSocket;
});

after(() => {
  if (ownWebSocket) globalThis.WebSocket = ownWebSocket;
  return server.stop();
});

/** A session with a hub and a handle. */
function openSession() {
  const hub = { "hub.url": `${server.origin}/hub`, "hub.topic": topic };
  const messaging = { smart_web_messaging_handle: "handle-secret", smart_web_messaging_origin: server.origin };
  const store = storeOf(server.fhirBase, { requestedScope: scope, grantedScope: scope, hub, messaging });
  return new SmartApp({ store, server: serverOf(server.fhirBase) }).resume();
}

/** A class of WebSockets as of the package `ws`: its hub confirms, and opens a patient. */
function scriptedSockets() {
  const sockets = [];
  class Scripted extends EventTarget {
    sent = [];

    constructor(url) {
      super();
      this.url = url;
      sockets.push(this);
      queueMicrotask(() => this.say({ "hub.mode": "subscribe", "hub.topic": topic, "hub.events": "Patient-open" }));
    }

    say(message) {
      this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
    }

    send(text) {
      this.sent.push(JSON.parse(text));
    }

    close(code) {
      this.closedWith = code;
    }
  }
  return { Scripted, sockets };
}

test("X22 a host without WebSockets is an error that names the option, and the app can pass a class", async () => {
  const session = await openSession();
  const options = { events: ["Patient-open"], onEvent: () => follow };
  const error = await session.hub.subscribe(options).catch((error) => error);
  assert.equal(error.code, "websocket_unavailable");
  assert.match(error.message, /webSocket/);
  assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes("secret"));

  const { Scripted, sockets } = scriptedSockets();
  const subscription = await session.hub.subscribe({ ...options, webSocket: Scripted });
  assert.deepEqual([session.hub.state, new URL(sockets[0].url).pathname], ["synced", "/socket-secret"]);
  const context = [{ key: "patient", resource: { resourceType: "Patient", id: "1" } }];
  sockets[0].say({ id: "e1", timestamp: new Date().toISOString(), event: { "hub.topic": topic, "hub.event": "Patient-open", context } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  // A session without a patient shows no patient that the event could be about.
  assert.deepEqual(sockets[0].sent, [{ id: "e1", status: 409 }]);
  await subscription.unsubscribe();
  assert.equal(sockets[0].closedWith, 1000);
  assert.deepEqual(forms.map((form) => form["hub.mode"]), ["subscribe", "subscribe", "unsubscribe"]);
});

test("M4 a host without the EHR's page around it is an error, and nothing is sent", async () => {
  const session = await openSession();
  const error = await session.ehr.done().catch((error) => error);
  assert.equal(error.code, "messaging_unavailable");
  assert.ok(!`${error.stack}${JSON.stringify(error)}${JSON.stringify(session.context)}`.includes("handle-secret"));
});
