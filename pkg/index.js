import { load } from "./load.js";
import { once } from "./loading.js";

export { SmartError } from "./errors.js";

export class SmartApp {
  #app;
  #sessions = new Map();

  constructor(config) {
    this.#app = once(async () => new (await load()).SmartApp(config));
  }

  async resume() {
    const app = await this.#app();
    const inner = await app.resume();
    return inner && this.#session(inner);
  }

  async launch(options) {
    const app = await this.#app();
    await app.launch(options);
    return null;
  }

  launchInPopup({ signal, ...options } = {}) {
    // Before anything is waited for: later the browser no longer sees the user's click.
    const popup = globalThis.open?.("", "", "popup,width=600,height=800") ?? undefined;
    return this.#inPopup(popup, options, signal);
  }

  async #inPopup(popup, options, signal) {
    try {
      const app = await this.#app();
      return this.#session(await app.launchInPopup(popup, options, signal));
    } catch (error) {
      popup?.close();
      throw error;
    }
  }

  async launchAgain(session, { scope } = {}) {
    const app = await this.#app();
    await app.launchAgain(innerOf(session), scope);
    return null;
  }

  async sessions() {
    const app = await this.#app();
    return (await app.sessions()).map((inner) => this.#session(inner));
  }

  async authorizationUrl(options) {
    const app = await this.#app();
    return app.authorizationUrl(options);
  }

  /** The same session is the same object, however often it is resumed. */
  #session(inner) {
    const known = this.#sessions.get(inner.about.id);
    if (known?.active) return known;
    const session = new Session(inner);
    this.#sessions.set(inner.about.id, session);
    return session;
  }
}

let innerOf;

export class Session {
  #inner;
  #listeners = new Set();

  static {
    innerOf = (session) => session.#inner;
  }

  constructor(inner) {
    this.#inner = inner;
    inner.onEvent((name, error) => {
      for (const [type, listener] of this.#listeners) if (type === name) queueMicrotask(() => listener(error));
    });
  }

  get id() {
    return this.#inner.about.id;
  }

  get server() {
    return this.#inner.about.server;
  }

  get patient() {
    return this.#inner.about.patient;
  }

  get encounter() {
    return this.#inner.about.encounter;
  }

  get fhirUser() {
    return this.#inner.about.fhirUser;
  }

  get context() {
    return this.#inner.context;
  }

  get scopes() {
    return this.#inner.scopes;
  }

  get identity() {
    return this.#inner.identity;
  }

  get expiresAt() {
    const time = this.#inner.about.expiresAt;
    return time === undefined ? undefined : new Date(time);
  }

  get canRefresh() {
    return this.#inner.about.canRefresh;
  }

  get active() {
    return this.#inner.active;
  }

  get fhirBase() {
    return this.#inner.about.fhirBase;
  }

  mayRead(resourceType) {
    return this.#inner.mayRead(resourceType);
  }

  async read(reference, options) {
    return (await this.#send({ interaction: "read", target: reference }, options)).resource;
  }

  search(resourceType, parameters, options) {
    return new Search(this.#inner, { interaction: "search", target: resourceType, parameters }, options);
  }

  history(target, parameters, options) {
    return new Search(this.#inner, { interaction: "history", target, parameters }, options);
  }

  async create(resource, options) {
    return this.#send({ interaction: "create", body: resource }, options);
  }

  async update(resource, { search, ...options } = {}) {
    return this.#send({ interaction: "update", body: resource, parameters: search }, options);
  }

  async patch(reference, patch, { search, ...options } = {}) {
    return this.#send({ interaction: "patch", target: reference, body: patch, parameters: search }, options);
  }

  async delete(reference, { search, ...options } = {}) {
    return this.#send({ interaction: "delete", target: reference, parameters: search }, options);
  }

  async capabilities(options) {
    return (await this.#send({ interaction: "capabilities" }, options)).resource;
  }

  async operation(target, { parameters, body, ...options } = {}) {
    return (await this.#send({ interaction: "operation", target, parameters, body }, options)).resource;
  }

  async batch(bundle, options) {
    return (await this.#send({ interaction: "bundle", body: bundle }, options)).resource;
  }

  async transaction(bundle, options) {
    return this.batch(bundle, options);
  }

  async match(patient, options) {
    return this.#send({ interaction: "match", body: patient }, options);
  }

  resolver(options) {
    return new Resolver(this.#inner, options);
  }

  #send(asked, { signal, ...options } = {}) {
    return this.#inner.request(withPairs({ ...asked, ...options }), signal);
  }

  async loadRecord({ queries, onPart, signal } = {}) {
    const asked = queries?.map((query) => (typeof query === "string" ? { type: query } : query));
    const pairs = asked?.map(({ type, parameters }) => [type, pairsOf(parameters)]);
    const tell = (index, part) => onPart && queueMicrotask(() => onPart(part, index));
    return this.#inner.loadRecord(pairs, tell, signal);
  }

  async makeCurrent() {
    return this.#inner.makeCurrent();
  }

  async refresh({ scope } = {}) {
    return this.#inner.refresh(scope);
  }

  async introspect({ asClient = false, signal } = {}) {
    return this.#inner.introspect(asClient, signal);
  }

  async signOut() {
    return this.#inner.signOut();
  }

  on(type, listener) {
    const entry = [type, listener];
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }
}

class Search {
  #begin;

  constructor(session, asked, { limit, signal, ...options } = {}) {
    this.#begin = () => session.pages(withPairs({ ...asked, ...options }), limit, signal);
  }

  async *pages() {
    const search = this.#begin();
    for (let page = await search.nextPage(); page; page = await search.nextPage()) yield page;
  }

  async *[Symbol.asyncIterator]() {
    for await (const page of this.pages()) yield* page.resources;
  }

  async toArray() {
    const resources = [];
    for await (const resource of this) resources.push(resource);
    return resources;
  }
}

class Resolver {
  #inner;

  constructor(session, { grouped = false, signal, ...options } = {}) {
    this.#inner = session.resolver(withPairs(options), grouped, signal);
  }

  async resolve(reference, within) {
    return this.#inner.resolve(reference, within);
  }

  async resolveAll(resource, { depth = 1 } = {}) {
    const resolved = await this.#inner.resolveAll(resource, depth);
    return new Map(resolved.map(({ reference, ...outcome }) => [reference, outcome]));
  }
}

/** What is asked, with its parameters and headers as pairs. */
function withPairs({ parameters, headers, ...asked }) {
  return { ...asked, parameters: pairsOf(parameters), headers: pairsOf(headers) };
}

/** Search parameters as pairs of a name and a value; an array stands for a parameter that is repeated. */
function pairsOf(parameters = {}) {
  const pairs = Symbol.iterator in Object(parameters) ? [...parameters] : Object.entries(parameters);
  return pairs.flatMap(([name, values]) =>
    [values].flat().flatMap((value) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
