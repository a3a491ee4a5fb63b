// Opens an app in its own window during the click, as browsers require, and responds to messages of apps (SMART Web Messaging).

const { handle } = document.currentScript.dataset;

/** The windows of apps, each with its origin and a function that closes it. */
const apps = new Map();

for (const button of document.querySelectorAll("button[data-popup]")) {
  button.addEventListener("click", () => {
    const popup = window.open(button.dataset.popup, "_blank", "popup,width=1100,height=850");
    if (popup) apps.set(popup, { origin: button.dataset.origin, close: () => popup.close() });
  });
}
for (const frame of document.querySelectorAll("iframe.app")) {
  apps.set(frame.contentWindow, { origin: frame.dataset.origin, close: () => location.assign(frame.dataset.close) });
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

function show(text) {
  const line = document.querySelector("#messages");
  if (line) line.textContent = text;
}

addEventListener("message", ({ source, origin, data }) => {
  const app = apps.get(source);
  if (app?.origin !== origin || typeof data?.messageId !== "string" || data.messagingHandle !== handle) return;
  const response = { messageId: crypto.randomUUID(), responseToMessageId: data.messageId, payload: answer(data) };
  source.postMessage(response, origin);
  if (data.messageType === "ui.done") setTimeout(app.close, 100);
});
