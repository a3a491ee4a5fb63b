import { asyncDispose } from "./disposal.js";
import { Ehr } from "./ehr.js";
import { SmartError } from "./errors.js";
import { load, loadFrom } from "./load-hub.js";
import { Session, openHub } from "./session.js";
import { smartApp } from "./smart-app.js";

export { BackendClient, Export, Keys, Registration, Scopes, diagnose, discover, register } from "./backend.js";
export { Connection } from "./connection.js";
export { SessionWithHub as Session, SmartError };

export async function ready(source) {
  if (source !== undefined) loadFrom(() => source);
  await load();
}

/** The decision to follow an event. */
export const follow = Object.freeze({ follow: true });

/** The decision not to follow an event, with the reason for the other apps. */
export const refuse = (reason) => ({ refuse: String(reason) });

class Subscription {
  #hub;

  constructor(hub) {
    this.#hub = hub;
  }

  async unsubscribe() {
    await this.#hub.unsubscribe();
  }

  [asyncDispose]() {
    return this.unsubscribe();
  }
}

class Hub extends EventTarget {
  #wasm;

  constructor(session) {
    super();
    const listener = (type, detail) => queueMicrotask(() => this.dispatchEvent(new CustomEvent(type, { detail })));
    this.#wasm = openHub(session, listener);
  }

  get state() {
    return this.#wasm.state;
  }

  get view() {
    return this.#wasm.view;
  }

  get events() {
    return this.#wasm.events;
  }

  get reason() {
    return this.#wasm.reason;
  }

  async findings() {
    return this.#wasm.findings();
  }

  async subscribe({ onEvent, webSocket, ...options } = {}) {
    if (typeof onEvent !== "function") {
      throw new SmartError("invalid_configuration", "The configuration's onEvent is wrong: it is not a function. It gets each event and returns follow or refuse(reason).");
    }
    // Async, so that an exception of the app is a rejection, too, and the hub receives an error status.
    await this.#wasm.subscribe(options, async (event) => onEvent(event), webSocket);
    return new Subscription(this.#wasm);
  }

  async unsubscribe() {
    await this.#wasm.unsubscribe();
  }

  async open(event, context = []) {
    await this.#wasm.open(String(event), context);
  }

  async close(event, context = []) {
    await this.#wasm.close(String(event), context);
  }

  async current() {
    return this.#wasm.current();
  }
}

class SessionWithHub extends Session {
  #hub;
  #ehr;

  get hub() {
    return (this.#hub ??= new Hub(this));
  }

  get ehr() {
    return (this.#ehr ??= new Ehr(this));
  }
}

export const SmartApp = smartApp(load, SessionWithHub);
