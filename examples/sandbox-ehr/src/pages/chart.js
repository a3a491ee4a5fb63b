// Opens an app in its own window during the click, as browsers require, and responds to messages of apps (SMART Web Messaging).

const { handle, origins } = document.currentScript.dataset;

for (const button of document.querySelectorAll("button[data-popup]")) {
  button.addEventListener("click", () => window.open(button.dataset.popup, "_blank", "popup,width=1100,height=850"));
}

/** Closes an app: the frame in this page, or a popup, which a chart page that was shown before may have opened. */
function close(app) {
  const frame = [...document.querySelectorAll("iframe.app")].find(({ contentWindow }) => contentWindow === app);
  if (frame) location.assign(frame.dataset.close);
  else app.close();
}

/** The drafts of the provider, until this page is closed. */
const drafts = new Map();
let lastId = 0;

const locationOf = ({ resourceType, id }) => `${resourceType}/${id}`;
const success = { status: "success" };

/** The payload of the response to a message. */
function answer({ messageType, payload = {} }) {
  const { resource, location } = payload;
  switch (messageType) {
    case "status.handshake":
      return {};
    case "ui.done":
      return success;
    case "ui.launchActivity":
      show(`The app opens ${payload.activityType}.`);
      return success;
    case "scratchpad.create": {
      const draft = { ...resource, id: String(++lastId) };
      drafts.set(locationOf(draft), draft);
      return { status: "201 Created", location: locationOf(draft) };
    }
    case "scratchpad.read":
      if (location === undefined) return { scratchpad: [...drafts.values()] };
      return drafts.has(location) ? { resource: drafts.get(location) } : missing;
    case "scratchpad.update":
      if (!drafts.has(locationOf(resource ?? {}))) return missing;
      drafts.set(locationOf(resource), resource);
      return { status: "200 OK" };
    case "scratchpad.delete":
      return drafts.delete(location) ? { status: "200 OK" } : missing;
    default:
      return { status: "failure", statusDetail: { text: `This EHR does not support ${messageType}.` } };
  }
}

const missing = {
  status: "404 Not Found",
  outcome: { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "not-found", diagnostics: "There is no such draft." }] },
};

/**
 * The payloads of the responses to a message. The messages of the standard have one response; `sandbox.count` is this EHR's own, and has as many as
 * it asks for.
 */
function answers(message) {
  if (message.messageType !== "sandbox.count") return [answer(message)];
  const count = Math.min(Math.max(Number(message.payload?.to) || 1, 1), 100);
  return Array.from({ length: count }, (_, index) => ({ number: index + 1 }));
}

function show(text) {
  const line = document.querySelector("#messages");
  if (line) line.textContent = text;
}

addEventListener("message", ({ source, origin, data }) => {
  if (!origins.split(" ").includes(origin) || typeof data?.messageId !== "string" || data.messagingHandle !== handle) return;
  const payloads = answers(data);
  for (const [index, payload] of payloads.entries()) {
    const more = index + 1 < payloads.length ? { additionalResponsesExpected: true } : {};
    source.postMessage({ messageId: crypto.randomUUID(), responseToMessageId: data.messageId, ...more, payload }, origin);
  }
  if (data.messageType === "ui.done") setTimeout(() => close(source), 100);
});
