import { SmartError } from "./errors.js";

/** What engines throw if WebAssembly cannot continue: a trap, or a stack overflow. */
const isFatal = (error) =>
  error instanceof WebAssembly.RuntimeError || error instanceof RangeError || error?.name === "InternalError";

/** Whether a member of the glue is one of its classes. */
const isClass = (value) => typeof value?.prototype?.free === "function";

/**
 * A WebAssembly instance with its pending promises and requests. A trap, or an exception that passes through WebAssembly, leaves its memory
 * inconsistent. Then the instance has failed: it rejects every pending promise, and every later call throws.
 */
class Instance {
  #hasFailed = false;
  #cause;
  #deferred = new Set();
  #controllers = new Set();

  /** Runs a function of WebAssembly that the engine called. */
  run(call) {
    if (this.#hasFailed) return;
    try {
      call();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A promise with its `resolve` and `reject`. A failure rejects it. */
  createPromise() {
    const deferred = {};
    deferred.promise = new Promise((resolve, reject) => {
      const settle = (how) => (value) => {
        this.#deferred.delete(deferred);
        how(value);
      };
      deferred.resolve = settle(resolve);
      deferred.reject = settle(reject);
    });
    this.#deferred.add(deferred);
    return deferred;
  }

  /** A promise that others wait for, such as the next holder of a lock. A failure resolves it. */
  createLock() {
    const lock = this.createPromise();
    lock.reject = lock.resolve;
    return lock;
  }

  /** The controller of a request. A failure aborts it. */
  openRequest() {
    const controller = new AbortController();
    this.#controllers.add(controller);
    return controller;
  }

  closeRequest(controller) {
    this.#controllers.delete(controller);
  }

  /** The exports of the glue, changed so that each call into WebAssembly detects a failure. */
  protect(glue) {
    const members = Object.entries(glue).map(([name, member]) => [name, this.#protectExport(member)]);
    return Object.fromEntries(members);
  }

  #protectExport(member) {
    if (isClass(member)) return this.#protectClass(member);
    return typeof member === "function" ? this.#protectFunction(member) : member;
  }

  #protectFunction(original) {
    const instance = this;
    return function (...values) {
      return instance.#call(() => original.apply(this, values));
    };
  }

  /** Changes the methods and getters of a class itself, because WebAssembly creates objects of it, too. */
  #protectClass(Class) {
    this.#protectMembers(Class);
    this.#protectMembers(Class.prototype);
    const construct = (create) => this.#call(create);
    return class extends Class {
      constructor(...values) {
        construct(() => super(...values));
      }
    };
  }

  #protectMembers(object) {
    for (const [name, { value, get, ...descriptor }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      // The constructor is protected by the subclass, and names that begin with __ are called by the glue alone.
      if (name === "constructor" || name.startsWith("__")) continue;
      if (name === "free") object.free = this.#protectFree(value);
      else if (get) Object.defineProperty(object, name, { get: this.#protectFunction(get), configurable: true });
      else if (typeof value === "function") object[name] = this.#protectFunction(value);
    }
  }

  /** After a failure, nothing is freed. */
  #protectFree(free) {
    const instance = this;
    return function () {
      if (!instance.#hasFailed) instance.#call(() => free.call(this));
    };
  }

  /** Calls into WebAssembly. */
  #call(call) {
    if (this.#hasFailed) throw this.#error();
    try {
      return call();
    } catch (error) {
      if (!isFatal(error)) throw error;
      this.#fail(error);
      throw this.#error();
    }
  }

  #fail(cause) {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#cause = cause;
    for (const { reject } of [...this.#deferred]) reject(this.#error());
    for (const controller of this.#controllers) controller.abort();
  }

  #error() {
    return new SmartError(
      "internal_error",
      "smartrust had an internal error and cannot continue: reload the page, or restart the process. Please report it with the error's cause.",
      { cause: this.#cause },
    );
  }
}

/** The instance of pages. */
export const page = new Instance();
/** The instance of pages whose sessions have a hub. */
export const hubPage = new Instance();
/** The instance of launch pages. */
export const launchPage = new Instance();
/** The instance of services. */
export const services = new Instance();
/** The instance of directories. */
export const directories = new Instance();
/** The instance of apps in trust communities. */
export const communities = new Instance();
