import { unsupported } from "./unsupported.js";

/** The window of the launch for fhirclient's `target`: `self` for this one, or `popup`. */
export function targetOf({ target, completeInTarget }) {
  const isFramed = globalThis.self !== globalThis.top;
  const isSelf =
    !target || target === "_self" || target === globalThis.self || (!isFramed && ["_top", "_parent"].includes(target));
  const isPopup = ["popup", "_blank"].includes(target);
  if (!isSelf && !isPopup) {
    throw unsupported(
      `The target ${typeof target === "string" ? target : typeof target}`,
      "launch in this window (_self), or in a popup.",
    );
  }
  if (isPopup && completeInTarget) {
    throw unsupported(
      "completeInTarget in a popup",
      "the session belongs to the page that opened the popup. Open the app in a new window, and launch there.",
    );
  }
  const isOpened = Boolean(globalThis.opener && globalThis.name);
  if (isSelf && completeInTarget === false && (isFramed || isOpened)) {
    throw unsupported("completeInTarget: false", "the launch ends in the window in which it started.");
  }
  return isPopup ? "popup" : "self";
}
