import { SmartError } from "./errors.js";

/** What engines throw where WebAssembly cannot go on: a trap, or a stack that is full. */
const isFatal = (error) =>
  error instanceof WebAssembly.RuntimeError || error instanceof RangeError || error?.name === "InternalError";

/** Whether a value is an object of the glue, which stands for one in WebAssembly's memory. */
const isOfGlue = (value) => typeof value?.free === "function";

/**
 * An instance of WebAssembly, and whoever waits for it. What goes through it without being caught there, a trap or an exception, leaves its
 * memory in the middle of something. Then it has ended: every promise that waits for it is rejected, and no call goes in any more.
 */
class Instance {
  #hasEnded = false;
  #cause;
  #pending = new Set();
  #connections = new Set();
  /** What the stand-ins that `guard` gives stand for. */
  #guarded = new WeakMap();

  /** Runs a function that WebAssembly gave the engine to call. */
  run(call) {
    if (this.#hasEnded) return;
    try {
      call();
    } catch (error) {
      this.#end(error);
    }
  }

  /** A promise, and what settles it. */
  open() {
    const pending = {};
    pending.promise = new Promise((resolve, reject) => {
      pending.resolve = (value) => this.#settle(pending, resolve, value);
      pending.reject = (error) => this.#settle(pending, reject, error);
    });
    this.#pending.add(pending);
    return pending;
  }

  /** A promise that others hold on to, such as who waits for a lock: it is resolved, by the instance's end if by nothing else. */
  hold() {
    const held = this.open();
    held.reject = held.resolve;
    return held;
  }

  /** What ends a request; the instance's end does it, too. */
  connect() {
    const controller = new AbortController();
    this.#connections.add(controller);
    return controller;
  }

  /** Forgets a request that is over. */
  disconnect(controller) {
    this.#connections.delete(controller);
  }

  #settle(pending, how, value) {
    this.#pending.delete(pending);
    how(value);
  }

  #end(cause) {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#cause = cause;
    for (const { reject } of [...this.#pending]) reject(this.#error());
    for (const controller of this.#connections) controller.abort();
  }

  #error() {
    return new SmartError(
      "internal_error",
      "smartrust has met a fault in itself, or in an object that it was given, and can do nothing more here: reload the page, or start the " +
        "process anew. Please report it, with the error's cause.",
      { cause: this.#cause },
    );
  }

  /** Calls into WebAssembly from outside. */
  #enter(call) {
    if (this.#hasEnded) throw this.#error();
    try {
      return this.#guardFound(call());
    } catch (error) {
      if (!isFatal(error)) throw error;
      this.#end(error);
      throw this.#error();
    }
  }

  /** A stand-in for a function, a class, an object or the whole of the glue, with which every call goes by way of this instance. */
  guard(target, self) {
    const given = (values) => values.map((value) => this.#guarded.get(value) ?? value);
    const stand = new Proxy(target, {
      get: (_, name) => {
        if (name === "free") return () => this.#free(target);
        const member = this.#enter(() => Reflect.get(target, name, target));
        return typeof member === "function" ? this.guard(member, target) : member;
      },
      apply: (_target, _self, values) => this.#enter(() => Reflect.apply(target, self, given(values))),
      construct: (_, values) => this.#enter(() => Reflect.construct(target, given(values))),
    });
    this.#guarded.set(stand, target);
    return stand;
  }

  #guardFound(found) {
    if (found instanceof Promise) return found.then((value) => this.#guardFound(value));
    if (Array.isArray(found) && found.some(isOfGlue)) return found.map((value) => this.#guardFound(value));
    return isOfGlue(found) ? this.guard(found) : found;
  }

  /** What has ended is not freed any more. */
  #free(target) {
    if (!this.#hasEnded) this.#enter(() => target.free());
  }
}

/** What pages use. */
export const page = new Instance();
/** What launch pages use. */
export const launchPage = new Instance();
/** What services use. */
export const services = new Instance();
