import { send, withInteractions } from "../interactions.js";
import { bundleOf } from "./pages.js";

/** A batcher that passes each request on to its fake session at once. */
export class FakeBatcher extends withInteractions(Object) {
  #session;

  constructor(session) {
    super();
    this.#session = session;
  }

  async [send](request, options) {
    return this.#session[send](request, options);
  }

  async search(resourceType, parameters, options) {
    return bundleOf(await this.#session.search(resourceType, parameters, options).toArray());
  }

  flush() {}
}
