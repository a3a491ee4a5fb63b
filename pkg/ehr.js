import { openEhr } from "./session.js";

export class Ehr {
  #wasm;

  constructor(session) {
    this.#wasm = openEhr(session);
  }

  async send(type, payload = {}, { onResponse, signal } = {}) {
    const listener = (response) => onResponse && queueMicrotask(() => onResponse(response));
    return this.#wasm.send(String(type), payload, listener, signal);
  }

  async done({ signal } = {}) {
    return this.#wasm.done(signal);
  }

  async launchActivity(activityType, parameters = {}, { signal } = {}) {
    return this.#wasm.launchActivity(String(activityType), parameters, signal);
  }
}
