import { Batcher } from "./batcher.js";
import { InContext, PatientInContext } from "./context.js";
import { dispose, disposed } from "./disposal.js";
import { send, withForms, withInteractions } from "./interactions.js";
import { loadLazy } from "./load.js";
import { Resolver } from "./resolver.js";
import { Search } from "./search.js";

/** The interactions that take nothing of the second WebAssembly file. */
const readings = ["read", "capabilities"];

/** Another handle to what a session wraps. */
export let share;

export class Session extends withInteractions(EventTarget) {
  #inner;
  #context = new Map();

  static {
    share = (session) => session.#call("share");
  }

  constructor(inner) {
    super();
    this.#inner = inner;
    inner.call("onEvent", (type, detail) =>
      queueMicrotask(() => this.dispatchEvent(new CustomEvent(type, { detail }))),
    );
  }

  get #wasm() {
    if (this.#inner) return this.#inner;
    throw disposed("Session");
  }

  #call(...asked) {
    return this.#wasm.call(...asked);
  }

  [dispose]() {
    this.#inner?.free();
    this.#inner = undefined;
  }

  get id() {
    return this.#call("id");
  }

  get server() {
    return this.#call("server");
  }

  get patient() {
    const patient = this.#call("patient");
    return patient && this.#inContext(PatientInContext, `Patient/${patient}`);
  }

  get encounter() {
    const encounter = this.#call("encounter");
    return encounter && this.#inContext(InContext, `Encounter/${encounter}`);
  }

  get fhirUser() {
    const fhirUser = this.#call("fhirUser");
    return fhirUser && this.#inContext(InContext, fhirUser);
  }

  /** The same object for the same resource. */
  #inContext(Kind, reference) {
    const known = this.#context.get(reference) ?? new Kind(this, reference);
    this.#context.set(reference, known);
    return known;
  }

  get context() {
    return this.#call("context");
  }

  get scopes() {
    return this.#call("scopes");
  }

  get identity() {
    return this.#call("identity");
  }

  get expiresAt() {
    const time = this.#call("expiresAt");
    return time === undefined ? undefined : new Date(time);
  }

  get canRefresh() {
    return this.#call("canRefresh");
  }

  get active() {
    return this.#inner?.call("active") ?? false;
  }

  get stored() {
    return this.#call("stored");
  }

  get managementEndpoint() {
    return this.#call("managementEndpoint");
  }

  get fhirBase() {
    return this.#call("fhirBase");
  }

  mayRead(resourceType) {
    return this.#call("mayRead", resourceType);
  }

  /** Asks for what most pages never ask for, whose code is a file of its own. */
  async #callLazily(...asked) {
    await loadLazy();
    return this.#call(...asked);
  }

  async [send](asked, { signal, ...options } = {}) {
    const whole = withForms({ ...asked, ...options });
    if (readings.includes(asked.interaction)) return this.#call("readWith", whole, signal);
    return this.#callLazily("request", whole, signal);
  }

  /** What is asked for most goes the shortest way. */
  async read(reference, options) {
    const { signal, ...others } = options ?? {};
    const isPlain = typeof reference === "string" && Object.keys(others).length === 0;
    return isPlain ? this.#call("read", reference, signal) : super.read(reference, options);
  }

  async readBlob(reference, { onProgress, signal, ...options } = {}) {
    const tell = (progress) => onProgress && queueMicrotask(() => onProgress(progress));
    const { type, bytes } = await this.#callLazily("readBytes", withForms({ target: reference, ...options }), tell, signal);
    return new Blob([bytes], { type });
  }

  search(resourceType, parameters, options) {
    return this.#pages({ interaction: "search", target: resourceType, parameters }, options);
  }

  history(target, parameters, options) {
    return this.#pages({ interaction: "history", target, parameters }, options);
  }

  #pages(asked, options) {
    const session = share(this);
    return new Search((...how) => session.call("pages", ...how), asked, options);
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

  async match(patient, { onOutcome, ...options } = {}) {
    const { candidates, outcomes } = await this[send]({ interaction: "match", body: patient }, options);
    outcomes.forEach((outcome) => onOutcome?.(outcome));
    return candidates;
  }

  resolver(options) {
    return new Resolver(share(this), options);
  }

  batcher(options) {
    return new Batcher(share(this), options);
  }

  async loadRecord({ queries, onPart, signal } = {}) {
    const asked = queries?.map((query) => (typeof query === "string" ? { type: query } : query));
    const written = asked?.map(({ type, parameters }) => withForms({ type, parameters }));
    const tell = (index, part) => onPart && queueMicrotask(() => onPart(part, index));
    return this.#callLazily("loadRecord", written, tell, signal);
  }

  async loadWholeRecord({ onProgress, signal } = {}) {
    const tell = (progress) => onProgress && queueMicrotask(() => onProgress(progress));
    return this.#callLazily("loadWholeRecord", tell, signal);
  }

  async makeCurrent() {
    return this.#call("makeCurrent");
  }

  async refresh({ scope } = {}) {
    return this.#call("refresh", scope);
  }

  async introspect({ asClient = false, signal } = {}) {
    return this.#callLazily("introspect", asClient, signal);
  }

  async userInfo({ signal } = {}) {
    return this.#callLazily("userInfo", signal);
  }

  async findings() {
    return this.#callLazily("findings");
  }

  async signOut() {
    return this.#call("signOut");
  }
}
