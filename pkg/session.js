import { AppState } from "./app-state.js";
import { Batcher } from "./batcher.js";
import { InContext, PatientInContext } from "./context.js";
import { dispose, disposed } from "./disposal.js";
import { SmartError } from "./errors.js";
import { send, withForms, withInteractions } from "./interactions.js";
import { Resolver } from "./resolver.js";
import { Search } from "./search.js";

/** Returns another object for the same session of the WebAssembly. */
export let share;
/** Returns the hub of a session of the WebAssembly that has hubs. */
export let openHub;
/** Returns the EHR's page of a session of the WebAssembly that has hubs. */
export let openEhr;

export class Session extends withInteractions(EventTarget) {
  #inner;
  #context = new Map();

  static {
    openHub = (session, listener) => session.#wasm.hub(listener);
    openEhr = (session) => session.#wasm.ehr();
    share = (session) => {
      if (#inner in Object(session)) return session.#wasm.share();
      throw new SmartError("invalid_configuration", "This is not a session of this app: pass the object that resume() or another method returned.");
    };
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
    return this.#wasm.id;
  }

  get server() {
    return this.#wasm.server;
  }

  get patient() {
    const patient = this.#wasm.patient;
    return patient && this.#inContext(PatientInContext, `Patient/${patient}`);
  }

  get encounter() {
    const encounter = this.#wasm.encounter;
    return encounter && this.#inContext(InContext, `Encounter/${encounter}`);
  }

  get fhirUser() {
    const fhirUser = this.#wasm.fhirUser;
    return fhirUser && this.#inContext(InContext, fhirUser);
  }

  /** Returns the same object for the same resource. */
  #inContext(Kind, reference) {
    const known = this.#context.get(reference) ?? new Kind(this, reference);
    this.#context.set(reference, known);
    return known;
  }

  get context() {
    return this.#wasm.context;
  }

  get appState() {
    return this.#wasm.appState;
  }

  get scopes() {
    return this.#wasm.scopes;
  }

  get identity() {
    return this.#wasm.identity;
  }

  get expiresAt() {
    const time = this.#wasm.expiresAt;
    return time === undefined ? undefined : new Date(time);
  }

  get canRefresh() {
    return this.#wasm.canRefresh;
  }

  get active() {
    return this.#inner?.active ?? false;
  }

  get stored() {
    return this.#wasm.stored;
  }

  get kept() {
    return this.#wasm.kept;
  }

  get notKept() {
    return this.#wasm.notKept;
  }

  get managementEndpoint() {
    return this.#wasm.managementEndpoint;
  }

  get fhirBase() {
    return this.#wasm.fhirBase;
  }

  mayRead(resourceType) {
    return this.#wasm.mayRead(String(resourceType));
  }

  async [send](request, { signal, ...options } = {}) {
    return this.#wasm.request(withForms({ ...request, ...options }), signal);
  }

  /** A read without options needs no request object. */
  async read(reference, options) {
    const { signal, ...others } = options ?? {};
    const isPlain = typeof reference === "string" && Object.keys(others).length === 0;
    return isPlain ? this.#wasm.read(reference, signal) : super.read(reference, options);
  }

  async readBlob(reference, { onProgress, signal, ...options } = {}) {
    const listener = (progress) => onProgress && queueMicrotask(() => onProgress(progress));
    const { type, bytes } = await this.#wasm.readBytes(withForms({ target: reference, ...options }), listener, signal);
    return new Blob([bytes], { type });
  }

  search(resourceType, parameters, options) {
    return this.#pages({ interaction: "search", target: resourceType, parameters }, options);
  }

  history(target, parameters, options) {
    return this.#pages({ interaction: "history", target, parameters }, options);
  }

  #pages(request, options) {
    const session = share(this);
    return new Search((...values) => session.pages(...values), request, options);
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

  state(code, options) {
    return new AppState(this.#wasm, code, options);
  }

  async launchTasks(parameters, { signal, ...options } = {}) {
    return this.#wasm.launchTasks(withForms({ ...options, parameters }), signal);
  }

  resolver(options) {
    return new Resolver(this.#wasm, options);
  }

  batcher(options) {
    return new Batcher(this.#wasm, options);
  }

  async loadRecord({ queries, onPart, signal } = {}) {
    const objects = queries?.map((query) => (typeof query === "string" ? { type: query } : query));
    const forms = objects?.map(({ type, parameters }) => withForms({ type, parameters }));
    const listener = (index, part) => onPart && queueMicrotask(() => onPart(part, index));
    return this.#wasm.loadRecord(forms, listener, signal);
  }

  async loadWholeRecord({ onProgress, signal } = {}) {
    const listener = (progress) => onProgress && queueMicrotask(() => onProgress(progress));
    return this.#wasm.loadWholeRecord(listener, signal);
  }

  async makeCurrent() {
    return this.#wasm.makeCurrent();
  }

  async refresh({ scope } = {}) {
    return this.#wasm.refresh(scope === undefined ? undefined : String(scope));
  }

  async introspect({ asClient = false, signal } = {}) {
    return this.#wasm.introspect(Boolean(asClient), signal);
  }

  async userInfo({ signal } = {}) {
    return this.#wasm.userInfo(signal);
  }

  async findings() {
    return this.#wasm.findings();
  }

  async labelConnection(label) {
    return this.#wasm.labelConnection(label === undefined ? undefined : String(label));
  }

  async signOut() {
    return this.#wasm.signOut();
  }
}
