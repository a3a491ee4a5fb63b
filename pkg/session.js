import { Batcher } from "./batcher.js";
import { InContext, PatientInContext } from "./context.js";
import { dispose, disposed } from "./disposal.js";
import { pairsOf, send, withInteractions, withPairs } from "./interactions.js";
import { loadLazy } from "./load.js";
import { Resolver } from "./resolver.js";
import { Search } from "./search.js";

/** The interactions that take nothing of the second WebAssembly file. */
const readings = ["read", "capabilities"];

/** What a session wraps, for those of this package who need it. */
export let innerOf;

export class Session extends withInteractions(EventTarget) {
  #inner;
  #context = new Map();

  static {
    innerOf = (session) => session.#wasm;
  }

  constructor(inner) {
    super();
    this.#inner = inner;
    inner.onEvent((type, detail) => queueMicrotask(() => this.dispatchEvent(new CustomEvent(type, { detail }))));
  }

  get #wasm() {
    if (this.#inner) return this.#inner;
    throw disposed("Session");
  }

  [dispose]() {
    this.#inner?.free();
    this.#inner = undefined;
  }

  get id() {
    return this.#wasm.about.id;
  }

  get server() {
    return this.#wasm.about.server;
  }

  get patient() {
    const { patient } = this.#wasm.about;
    return patient && this.#inContext(PatientInContext, `Patient/${patient}`);
  }

  get encounter() {
    const { encounter } = this.#wasm.about;
    return encounter && this.#inContext(InContext, `Encounter/${encounter}`);
  }

  get fhirUser() {
    const { fhirUser } = this.#wasm.about;
    return fhirUser && this.#inContext(InContext, fhirUser);
  }

  /** The same object for the same resource. */
  #inContext(Kind, reference) {
    const known = this.#context.get(reference) ?? new Kind(this, reference);
    this.#context.set(reference, known);
    return known;
  }

  get context() {
    return this.#wasm.context;
  }

  get scopes() {
    return this.#wasm.scopes;
  }

  get identity() {
    return this.#wasm.identity;
  }

  get expiresAt() {
    const time = this.#wasm.about.expiresAt;
    return time === undefined ? undefined : new Date(time);
  }

  get canRefresh() {
    return this.#wasm.about.canRefresh;
  }

  get active() {
    return this.#inner?.active ?? false;
  }

  get managementEndpoint() {
    return this.#wasm.about.managementEndpoint;
  }

  get fhirBase() {
    return this.#wasm.about.fhirBase;
  }

  mayRead(resourceType) {
    return this.#wasm.mayRead(resourceType);
  }

  /** The session with the code of what most pages never ask for. */
  async #lazyWasm() {
    await loadLazy();
    return this.#wasm;
  }

  async [send](asked, { signal, ...options } = {}) {
    const whole = withPairs({ ...asked, ...options });
    if (readings.includes(asked.interaction)) return this.#wasm.readWith(whole, signal);
    return (await this.#lazyWasm()).request(whole, signal);
  }

  /** What is asked for most goes the shortest way. */
  async read(reference, options) {
    const { signal, ...others } = options ?? {};
    const isPlain = typeof reference === "string" && Object.keys(others).length === 0;
    return isPlain ? this.#wasm.read(reference, signal) : super.read(reference, options);
  }

  search(resourceType, parameters, options) {
    return this.#pages({ interaction: "search", target: resourceType, parameters }, options);
  }

  history(target, parameters, options) {
    return this.#pages({ interaction: "history", target, parameters }, options);
  }

  #pages(asked, options) {
    const session = this.#wasm;
    return new Search((...how) => session.pages(...how), asked, options);
  }

  async capabilities(options) {
    return (await this[send]({ interaction: "capabilities" }, options)).resource;
  }

  async batch(bundle, options) {
    return (await this[send]({ interaction: "bundle", body: bundle }, options)).resource;
  }

  async transaction(bundle, options) {
    return this.batch(bundle, options);
  }

  async match(patient, options) {
    return this[send]({ interaction: "match", body: patient }, options);
  }

  resolver(options) {
    return new Resolver(this.#wasm, options);
  }

  batcher(options) {
    return new Batcher(this.#wasm, options);
  }

  async loadRecord({ queries, onPart, signal } = {}) {
    const asked = queries?.map((query) => (typeof query === "string" ? { type: query } : query));
    const pairs = asked?.map(({ type, parameters }) => [type, pairsOf(parameters)]);
    const tell = (index, part) => onPart && queueMicrotask(() => onPart(part, index));
    return (await this.#lazyWasm()).loadRecord(pairs, tell, signal);
  }

  async loadWholeRecord({ onProgress, signal } = {}) {
    const tell = (progress) => onProgress && queueMicrotask(() => onProgress(progress));
    return (await this.#lazyWasm()).loadWholeRecord(tell, signal);
  }

  async makeCurrent() {
    return this.#wasm.makeCurrent();
  }

  async refresh({ scope } = {}) {
    return this.#wasm.refresh(scope);
  }

  async introspect({ asClient = false, signal } = {}) {
    return (await this.#lazyWasm()).introspect(asClient, signal);
  }

  async userInfo({ signal } = {}) {
    return (await this.#lazyWasm()).userInfo(signal);
  }

  async findings() {
    return (await this.#lazyWasm()).findings();
  }

  async signOut() {
    return this.#wasm.signOut();
  }
}
