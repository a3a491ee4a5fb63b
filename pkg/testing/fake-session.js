import { subjectOf } from "../app-state.js";
import { InContext, PatientInContext } from "../context.js";
import { dispose } from "../disposal.js";
import { send, withInteractions } from "../interactions.js";
import { Search } from "../search.js";
import { unlessAborted } from "./abort.js";
import { checkNames, invalid, smartError, unscripted } from "./errors.js";
import { FakeAppState } from "./fake-app-state.js";
import { FakeBatcher } from "./fake-batcher.js";
import { loadParts } from "./fake-record.js";
import { requestOf } from "./fake-request.js";
import { FakeResolver } from "./fake-resolver.js";
import { pageOf, wrongResult } from "./pages.js";
import { Resources } from "./resources.js";
import { grantOf, mayRead } from "./scopes.js";

/** The options that are properties of the session, and their defaults. */
const defaults = {
  id: "fake-session",
  server: undefined,
  identity: undefined,
  managementEndpoint: undefined,
  expiresAt: undefined,
  canRefresh: true,
  stored: true,
  kept: false,
  notKept: undefined,
  appState: undefined,
  fhirBase: "https://ehr.test/fhir",
};
const names = ["patient", "encounter", "fhirUser", "resources", "respond", "scopes", "context", ...Object.keys(defaults)];

export function fakeSession(options = {}) {
  checkNames("fakeSession", options, names);
  return new FakeSession(options);
}

class FakeSession extends withInteractions(EventTarget) {
  requests = [];
  #resources;
  #responders;
  #states = new Map();
  #ended;

  constructor({ patient, encounter, fhirUser, resources, respond, scopes = "patient/*.rs", context = {}, ...members }) {
    super();
    this.#resources = new Resources(resources);
    this.#responders = respond ? [respond] : [];
    const inContext = (Kind, name, given) => {
      const reference = this.#referenceTo(name, given);
      return reference && new Kind(this, reference);
    };
    this.patient = inContext(PatientInContext, "Patient", patient);
    this.encounter = inContext(InContext, "Encounter", encounter);
    this.fhirUser = inContext(InContext, undefined, fhirUser);
    this.context = { ...(patient && { patient: this.patient.id }), ...(encounter && { encounter: this.encounter.id }), ...context };
    this.scopes = grantOf(scopes);
    Object.assign(this, defaults, { identity: this.#identity(members.fhirBase) }, members);
  }

  /** The reference to a resource in context, which is given as an id, as a reference or as the resource. */
  #referenceTo(name, given) {
    if (given === undefined) return undefined;
    if (typeof given === "object") {
      this.#resources.add(given, name ?? "fhirUser");
      given = `${given.resourceType}/${given.id}`;
    }
    const reference = name && !given.includes("/") ? `${name}/${given}` : given;
    const isReference = /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.test(reference) && reference.startsWith(name ?? "");
    if (isReference) return reference;
    const [option, example] = name ? [name.toLowerCase(), `${name}/1`] : ["fhirUser", "Practitioner/1"];
    throw invalid(`fakeSession cannot use "${given}" as ${option}: pass a reference such as ${example}, or the resource.`);
  }

  /** The identity of the user, as a server confirms it. */
  #identity(issuer = defaults.fhirBase) {
    if (!this.fhirUser) return undefined;
    const claims = { iss: issuer, sub: this.fhirUser.id, fhirUser: `${issuer}/${this.fhirUser.reference}` };
    const checks = { issuerChecked: true, nonceChecked: true, accessTokenHashChecked: true };
    return { issuer, subject: claims.sub, claims, ...checks, signature: "verified" };
  }

  get active() {
    return this.#ended === undefined;
  }

  use(respond) {
    this.#responders.unshift(respond);
    return this;
  }

  end(error = smartError("session_expired")) {
    if (this.#ended) return;
    this.#ended = error;
    this.#dispatch("signedout", error);
  }

  #dispatch(type, detail) {
    queueMicrotask(() => this.dispatchEvent(new CustomEvent(type, { detail })));
  }

  mayRead(resourceType) {
    return mayRead(this.scopes.granted, resourceType);
  }

  /** Records a request, and returns what the test has for it. */
  async #answer(members, { signal, checkScopes } = {}, fallback = (request) => this.#default(request)) {
    const request = requestOf(members);
    return unlessAborted(signal, async () => {
      if (this.#ended) throw this.#ended;
      if (checkScopes && request.method === "GET" && request.resourceType && !this.mayRead(request.resourceType)) throw smartError("not_granted");
      this.requests.push(request);
      for (const respond of this.#responders) {
        const result = await respond(request);
        if (result !== undefined) return { request, result };
      }
      const result = fallback(request);
      if (result === undefined) {
        const remedy = `add the resource to the session's resources, or answer the request in respond. ${this.#resources}`;
        throw unscripted(request.method, request.url, remedy);
      }
      return { request, result };
    });
  }

  /** What the session returns if the test answers nothing. */
  #default({ interaction, url, resourceType, id, body }) {
    if (interaction === "read" && url === `${resourceType}/${id}`) return this.#resources.read(resourceType, id);
    if (interaction === "search") return this.#resources.search(resourceType);
    if (interaction === "readBlob" && resourceType === "Binary") return this.#resources.read(resourceType, id);
    if (interaction === "create") return { id: "created", ...body };
    if (interaction === "update" && body?.id) return body;
    return interaction === "delete" ? null : undefined;
  }

  async [send]({ interaction, ...members }, options) {
    const { request, result } = await this.#answer({ interaction, ...members, ...options }, options);
    const isResource = typeof result?.resourceType === "string";
    if (!isResource && result !== null) throw wrongResult(request, result, "a resource, or null for a response without one");
    if (interaction === "read" && result?.resourceType !== request.resourceType) throw wrongResult(request, result, `a ${request.resourceType}`);
    const status = interaction === "create" ? 201 : result === null ? 204 : 200;
    return { status, ...(result !== null && { resource: result }) };
  }

  search(resourceType, parameters, options) {
    return this.#search({ interaction: "search", target: resourceType, parameters }, options);
  }

  history(target, parameters, options) {
    return this.#search({ interaction: "history", target, parameters }, options);
  }

  /** A search with one page. */
  #search(members, options = {}) {
    const start = async () => {
      const { request, result } = await this.#answer(members, options);
      const page = pageOf(result, request);
      page.resources = page.resources.slice(0, options.limit);
      const progress = { pages: 1, resources: page.resources.length, ...(page.total !== undefined && { total: page.total }), bytes: 0 };
      const pages = [page];
      return { nextPage: async () => pages.shift(), progress, free() {} };
    };
    return new Search(start, members, options);
  }

  async readBlob(reference, options) {
    const { request, result } = await this.#answer({ interaction: "readBlob", target: reference }, options);
    const blob = result?.resourceType === "Binary" ? blobOf(result) : result;
    if (blob instanceof Blob) return blob;
    throw wrongResult(request, result, "a Blob or a Binary");
  }

  async #resource(members, options) {
    return (await this[send](members, options)).resource;
  }

  async capabilities(options) {
    return this.#resource({ interaction: "capabilities" }, options);
  }

  async batch(bundle, options) {
    return this.#resource({ interaction: "batch", body: bundle }, options);
  }

  async transaction(bundle, options) {
    return this.#resource({ interaction: "transaction", body: bundle }, options);
  }

  async match(patient, options) {
    const { request, result } = await this.#answer({ interaction: "match", body: patient }, options);
    if (!Array.isArray(result)) throw wrongResult(request, result, "an array of candidates");
    return result;
  }

  state(code, options = {}) {
    const subject = subjectOf(options);
    if (subject === "") {
      const message = "The app state cannot be used: its subject must be a resource of the session's FHIR server, such as Patient/1.";
      throw smartError("invalid_app_state", { message });
    }
    return new FakeAppState((...values) => this.#answer(...values), this.#states, this.fhirBase, String(code), subject);
  }

  async launchTasks(parameters, options) {
    const { request, result } = await this.#answer({ interaction: "launchTasks", target: "Task", parameters }, options, () => []);
    if (!Array.isArray(result)) throw wrongResult(request, result, "an array of tasks");
    return result;
  }

  batcher() {
    return new FakeBatcher(this);
  }

  resolver(options) {
    return new FakeResolver(this, options);
  }

  async loadRecord({ queries = this.#resources.types, ...options } = {}) {
    return loadParts(this, queries, options);
  }

  async loadWholeRecord({ onProgress, signal } = {}) {
    const parts = await loadParts(this, this.#resources.types, { signal });
    const resources = parts.reduce((sum, part) => sum + part.resources.length, 0);
    onProgress?.({ parts: parts.length, done: parts.length, resources, total: resources, bytes: 0 });
    return parts;
  }

  async makeCurrent() {}

  async refresh() {
    if (this.#ended) throw this.#ended;
    this.#dispatch("refreshed", null);
  }

  async introspect() {
    return { active: this.active, scope: this.scopes.granted.join(" ") };
  }

  async userInfo() {
    if (!this.identity) throw smartError("not_offered");
    return { ...this.identity.claims };
  }

  async findings() {
    return [];
  }

  async labelConnection() {
    if (!this.kept) throw smartError("key_missing");
  }

  async signOut() {
    if (this.#ended) return { revocation: "ended" };
    this.end(smartError("signed_out"));
    return { revocation: "revoked" };
  }

  [dispose]() {}
}

/** The content of a Binary. */
function blobOf({ contentType, data = "" }) {
  return new Blob([Uint8Array.from(atob(data), (character) => character.charCodeAt(0))], { type: contentType ?? "" });
}
