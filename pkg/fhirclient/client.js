import { SmartError } from "../errors.js";
import { Session } from "../index.js";
import { FhirClient } from "./fhir-client.js";
import { absolute } from "./interaction.js";
import { byCode, byCodes, getPath, units } from "./observations.js";
import { patientParameter } from "./patient-parameter.js";
import { OpenServer, SessionServer, TokenServer } from "./servers.js";
import { unsupported } from "./unsupported.js";

/** How long before its expiry an access token is refreshed, in milliseconds. */
const refreshMargin = 10_000;

const tokens = {
  access_token: "request() sends the token, and only to the FHIR server.",
  refresh_token: "the session refreshes itself; client.session.canRefresh says whether it can.",
  id_token: "client.getIdToken() returns its verified claims.",
};

/** fhirclient's Client: of a session, or of an app's own state with a token, or for a server without authorization. */
export class Client extends FhirClient {
  #session;
  #state;
  #server;
  #hasToken;

  constructor(source) {
    const session = source instanceof Session ? source : undefined;
    const state = session ? undefined : stateOf(source);
    const hasToken = Boolean(session ?? state.tokenResponse?.access_token);
    const server = serverOf(session, state, hasToken);
    super(session ? session.fhirBase : state.serverUrl, server);
    this.#session = session;
    this.#state = state;
    this.#server = server;
    this.#hasToken = hasToken;
    this.units = units;
    this.patient = this.#patient();
    this.encounter = this.#encounter();
    this.user = this.#user();
  }

  /** The session of `smartrust`, for apps that migrate step by step. */
  get session() {
    return this.#session;
  }

  get state() {
    if (!this.#hasToken) return this.#state;
    const state = this.#session ? stateOfSession(this.#session) : structuredClone(this.#state);
    for (const [name, remedy] of Object.entries(tokens)) {
      delete state.tokenResponse[name];
      Object.defineProperty(state.tokenResponse, name, { get: () => refuse(`tokenResponse.${name}`, remedy) });
    }
    return state;
  }

  getState(path) {
    return getPath(this.state, path);
  }

  get #context() {
    return (this.#session ? this.#session.context : this.#state.tokenResponse) ?? {};
  }

  getPatientId() {
    return this.#context.patient ?? null;
  }

  getEncounterId() {
    return this.#context.encounter ?? null;
  }

  getIdToken() {
    return this.#session?.identity?.claims ?? null;
  }

  getFhirUser() {
    return (this.#session ? this.#session.fhirUser?.reference : this.#context.fhirUser) ?? null;
  }

  getUserId() {
    return this.getFhirUser()?.split("/")[1] ?? null;
  }

  getUserType() {
    return this.getFhirUser()?.split("/")[0] ?? null;
  }

  getAuthorizationHeader() {
    return this.#hasToken ? refuse("getAuthorizationHeader()", tokens.access_token) : null;
  }

  connect() {
    throw unsupported("fhir.js", "fhir.js would need the token. Use request(), create(), update() and delete().");
  }

  async refresh(options) {
    if (!this.#session?.canRefresh) {
      throw new SmartError(
        "refresh_unavailable",
        "There is no refresh token: request the scope offline_access, or authorize again.",
      );
    }
    await this.#session.refresh();
    return this.state;
  }

  async refreshIfNeeded() {
    const isDue = this.#session?.canRefresh && this.#session.expiresAt && this.#session.expiresAt - Date.now() < refreshMargin;
    return isDue ? this.refresh() : this.state;
  }

  byCode(observations, property) {
    return byCode(observations, property);
  }

  byCodes(observations, property) {
    return byCodes(observations, property);
  }

  getPath(whole, path) {
    return getPath(whole, path);
  }

  #patient() {
    const client = this;
    return {
      get id() {
        return client.getPatientId();
      },
      read: async (options) => client.request({ ...options, url: `Patient/${client.#required("patient", client.getPatientId())}` }),
      request: async (request, options) => client.request(client.#forPatient(request), options),
    };
  }

  #encounter() {
    const client = this;
    return {
      get id() {
        return client.getEncounterId();
      },
      read: async (options) =>
        client.request({ ...options, url: `Encounter/${client.#required("encounter", client.getEncounterId())}` }),
    };
  }

  #user() {
    const client = this;
    return {
      get fhirUser() {
        return client.getFhirUser();
      },
      get id() {
        return client.getUserId();
      },
      get resourceType() {
        return client.getUserType();
      },
      read: async (options) => client.request({ ...options, url: client.#required("user", client.getFhirUser()) }),
    };
  }

  /** A request that is limited to the patient in context. */
  #forPatient(request) {
    const patient = this.#required("patient", this.getPatientId());
    const isUrl = typeof request === "string" || request instanceof URL;
    const url = absolute(isUrl ? request : request?.url, this.#server.base);
    url.searchParams.set(patientParameter(url.pathname.split("/").at(-1)), patient);
    return { ...(isUrl ? {} : request), url };
  }

  #required(what, value) {
    if (value) return value;
    const { code, scope } = contexts[what];
    throw new SmartError(code, `No ${what} is in context: request the scope ${scope}, and check whether it was granted.`);
  }
}

/** The error and the scope of each part of the launch context. */
const contexts = {
  patient: { code: "no_patient", scope: "launch/patient" },
  encounter: { code: "no_encounter", scope: "launch/encounter" },
  user: { code: "no_user", scope: "openid fhirUser" },
};

function refuse(what, remedy) {
  throw unsupported(what, `the app cannot read tokens. ${remedy[0].toUpperCase()}${remedy.slice(1)}`);
}

/** fhirclient's state for a session. */
function stateOfSession(session) {
  const { requested, granted } = session.scopes;
  const expiresAt = session.expiresAt && Math.floor(session.expiresAt.getTime() / 1000);
  return {
    key: session.id,
    serverUrl: session.fhirBase,
    scope: requested.join(" "),
    expiresAt,
    tokenResponse: { ...structuredClone(session.context), scope: granted.join(" ") },
  };
}

function serverOf(session, state, hasToken) {
  if (session) return new SessionServer(session);
  return hasToken ? new TokenServer(state) : new OpenServer(state.serverUrl);
}

/** The state that an app provides. */
function stateOf(source) {
  const state = typeof source === "string" ? { serverUrl: source } : source;
  const serverUrl = state?.serverUrl;
  if (typeof serverUrl !== "string" || !/^https?:\/\/./.test(serverUrl)) {
    throw new SmartError(
      "invalid_configuration",
      "The state's serverUrl is missing or invalid: set it to the FHIR base, which begins with https:// or http://.",
    );
  }
  const secret = ["refresh_token", "id_token"].find((name) => state.tokenResponse?.[name] !== undefined);
  if (secret || state.username || state.password) {
    throw unsupported(
      secret ?? "A user name with a password",
      "a state of your own can only have an access_token. For more, sign in with FHIR.oauth2.authorize().",
    );
  }
  return structuredClone(state);
}
