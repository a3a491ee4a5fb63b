import { dispose } from "../disposal.js";
import { checkNames } from "./errors.js";

const defaults = {
  id: "fake-connection",
  server: undefined,
  fhirBase: "https://ehr.test/fhir",
  issuer: undefined,
  clientId: "fake-client",
  label: undefined,
  persistent: undefined,
};

/** A connection on the device of a fake app. */
export class FakeConnection {
  #open;
  #disconnect;

  constructor(options, open, disconnect) {
    checkNames("A fake connection", options, [...Object.keys(defaults), "lastUsed"]);
    Object.assign(this, defaults, { lastUsed: new Date() }, options);
    this.#open = open;
    this.#disconnect = disconnect;
  }

  async open() {
    return this.#open(this);
  }

  async disconnect() {
    return this.#disconnect(this);
  }

  [dispose]() {}
}
