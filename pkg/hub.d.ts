/**
 * Everything that `smartrust` exports, with sessions that have a hub and the EHR's page: an app follows the patient that other apps open (FHIRcast 3),
 * and sends messages to the page that shows it (SMART Web Messaging). It has its own WebAssembly file; a page imports either this or `smartrust`.
 * `smartrust/hub/inline` exports the same.
 *
 * @module smartrust/hub
 */

/// <reference lib="esnext.disposable" />
import type { PopupOptions } from "./config.js";
import type { SmartError } from "./errors.js";
import type { Finding } from "./server.js";
import type { Resource } from "./resources.js";
import { type Connection as PageConnection, type PastedTokenOptions, type Session as PageSession, SmartApp as PageApp } from "./index.js";

export * from "./index.js";

/**
 * A SMART app whose sessions have a hub.
 *
 * ```js
 * import { SmartApp, follow, refuse } from "smartrust/hub";
 *
 * const scope = "launch openid patient/*.rs fhircast/Patient-open.read";
 * const app = new SmartApp({ clientId: "my-app", scope, trustedIssuers: ["https://ehr.example/fhir"] });
 * const session = await app.resume();
 * await session?.hub.subscribe({
 *   events: ["Patient-open"],
 *   name: "Growth chart",
 *   onEvent: ({ patient }) => (patient === "other" ? refuse("The user stays with this patient.") : follow),
 * });
 * ```
 */
export class SmartApp extends PageApp {
  resume(): Promise<Session | null>;
  launchInPopup(options?: PopupOptions): Promise<Session>;
  sessions(): Promise<Session[]>;
  connections(): Promise<Connection[]>;
  sessionFromToken(token: string, options?: PastedTokenOptions): Promise<Session>;
}

/** A connection that opens sessions with a hub. */
export interface Connection extends PageConnection {
  /** Opens a session. It rejects as the method of `smartrust` does. */
  open(): Promise<Session>;
}

/** The class of connections, for `instanceof`. */
export const Connection: { readonly prototype: Connection; [Symbol.hasInstance](value: unknown): value is Connection };

/** A signed-in session with a hub and the EHR's page. */
export interface Session extends PageSession {
  /**
   * The hub by which the app follows other apps. If the server has none, or no scope for events was granted, its methods reject with
   * `hub_unavailable`, and nothing is sent.
   */
  readonly hub: Hub;
  /**
   * The EHR's page, which shows the app in a frame or opened it. If the server granted no scope for messages, its methods reject with
   * `messaging_unavailable`, and nothing is sent.
   */
  readonly ehr: Ehr;
}

/** The class of sessions, for `instanceof`. */
export const Session: { readonly prototype: Session; [Symbol.hasInstance](value: unknown): value is Session };

/** The decision to follow an event. */
export const follow: HubDecision;

/** The decision not to follow an event. Other apps may show the reason. */
export function refuse(reason: string): HubDecision;

/** What the app decides about an event: `follow` or `refuse(reason)`. */
export type HubDecision = { readonly follow: true } | { readonly refuse: string };

/** The state of the subscription. `behind`: the app may show something else than the other apps. */
export type HubState = "off" | "connecting" | "synced" | "behind" | "denied" | "closed";

/** What the app may show of the record. */
export interface HubView {
  /**
   * `open`: the patient. `locked`: nothing of the record, because another patient was opened elsewhere and the app has not decided yet, or the
   * user's session is suspended. `nothing`: no patient is open.
   */
  state: "open" | "locked" | "nothing";
  /** The name of the other patient while the view is locked. Show it as text, never as HTML. */
  patient?: string;
}

/** What an app subscribes to. */
export interface HubOptions {
  /** The events, such as `Patient-open`. Errors of other apps (`SyncError`) are always among them. */
  events: string[];
  /** The name of the app. Users of other apps see it if this one cannot follow. */
  name?: string;
  /**
   * Is called with each event, and returns the decision. While it decides about another patient, the view is locked. After five seconds without a
   * decision, the hub receives a provisional reply. An exception counts as an error of the app.
   */
  onEvent: (event: HubEvent) => HubDecision | PromiseLike<HubDecision>;
  /**
   * Whether the app can show another patient than the session's. It needs a granted `user/` scope. Without it, `follow` for another patient
   * counts as a refusal.
   */
  followOtherPatients?: boolean;
  /** Whether ids in the events are ids of the session's FHIR server. By default, they are if the hub has the same origin. */
  sharesIds?: boolean;
  /** A WebSocket class for hosts without one, such as that of the package `ws` in Node 20. Later subscriptions use it, too. */
  webSocket?: new (url: string) => unknown;
}

/** An item of an event's context, such as `{ key: "patient", resource: { … } }`. */
export interface HubContextItem {
  /** Its key. */
  key: string;
  /** The resource, perhaps with nothing but its id and identifiers. */
  resource?: Resource;
  /** The reference to a resource, instead of the resource itself. */
  reference?: { reference?: string };
}

/** An event of another app. Show its strings as text, never as HTML. */
export interface HubEvent {
  /** Its id; empty if the app asked the hub what is open. */
  id: string;
  /** Its name, such as `Patient-open`, in the hub's upper and lower case. */
  name: string;
  /** When it happened; `undefined` if the time cannot be read. */
  time?: Date;
  /** Its context, with every item as the hub sent it. */
  context: HubContextItem[];
  /** The version of the context. */
  version?: string;
  /** Whether it is about the patient that the app shows. What cannot be compared is `other`. */
  patient: "same" | "other" | "none";
  /** The patient of the event, as far as it is known. */
  subject?: { id?: string; name?: string; identifiers: { system: string; value: string }[] };
}

/** What is open. */
export interface HubContext {
  /** The type of the resource that was opened last, such as `Patient`. */
  resourceType: string;
  /** The version of the context. */
  version?: string;
  /** The context. */
  context: HubContextItem[];
}

/** The granted events in comparison with the requested ones. */
export interface HubEvents {
  /** The granted events. */
  granted: string[];
  /** Requested events that were not granted. */
  missing: string[];
  /** Granted events that were not requested. */
  extra: string[];
}

/** An app could not follow an event. The strings are text, never HTML. */
export interface NotFollowed {
  /** The name of that app. */
  subscriber?: string;
  /** The event's id. */
  eventId?: string;
  /** The event's name. */
  eventName?: string;
  /** The reason, as that app states it. */
  diagnostics?: string;
}

/** The events of a hub, with the type of their `detail`. */
export interface HubEventMap {
  /** The state has changed. */
  statechange: HubState;
  /** What may be shown has changed. It is locked before `onEvent` is called. */
  viewchange: HubView;
  /** Another app could not follow. */
  notfollowed: NotFollowed;
  /** An error that no call of the app caused, such as a message that is too large. */
  problem: SmartError;
}

/** A subscription: `await using subscription = await session.hub.subscribe(…)` ends it with its block. */
export interface HubSubscription extends AsyncDisposable {
  /** Ends the subscription at the hub, and closes the WebSocket. */
  unsubscribe(): Promise<void>;
}

/** The hub of a session (FHIRcast 3). The tabs of a session share one subscription. */
export interface Hub {
  /** The state of the subscription. */
  readonly state: HubState;
  /** What the app may show of the record. */
  readonly view: HubView;
  /** The events that the hub granted with its last confirmation. */
  readonly events: HubEvents;
  /** Why the subscription has ended, if it has. */
  readonly reason: SmartError | undefined;
  /** Deviations of the hub from the standard. */
  findings(): Promise<Finding[]>;
  /**
   * Subscribes, and resolves when the hub has confirmed it. Rejects with `hub_unavailable` if the app is subscribed already,
   * `invalid_configuration`, `invalid_scope`, `hub_refused`, `hub_timeout`, `invalid_hub_message`, `websocket_unavailable` or `network`.
   */
  subscribe(options: HubOptions): Promise<HubSubscription>;
  /** Ends the subscription. Nothing happens if there is none. */
  unsubscribe(): Promise<void>;
  /**
   * Tells the other apps that a resource is open here, and resolves when the hub has sent the event to all of them. Rejects with
   * `not_granted` without a scope to write the event, `hub_unavailable` without a subscription, `hub_refused` if the hub refuses or another
   * app does not follow, and `hub_timeout`.
   *
   * ```js
   * export async function openPatient(session, patient) {
   *   await session.hub.open("Patient-open", [{ key: "patient", resource: patient }]);
   * }
   * ```
   */
  open(event: string, context?: HubContextItem[]): Promise<void>;
  /** Tells the other apps that a resource was closed here, as `open()`. */
  close(event: string, context?: HubContextItem[]): Promise<void>;
  /** Requests what is open now; `null` if nothing is. Rejects with `not_offered` if the hub does not support this. */
  current(): Promise<HubContext | null>;
  /** Adds a listener for an event; the event's `detail` has the type in `HubEventMap`. */
  addEventListener<E extends keyof HubEventMap>(
    type: E,
    listener: (event: CustomEvent<HubEventMap[E]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<E extends keyof HubEventMap>(
    type: E,
    listener: (event: CustomEvent<HubEventMap[E]>) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** The payload of a response. Its members depend on the message. Show its strings as text, never as HTML. */
export interface EhrResponse {
  /** The result: `success` or another word for `ui` messages, an HTTP status such as `201 Created` for `scratchpad` messages. */
  status?: string;
  /** More about the result, for users. */
  statusDetail?: { text?: string };
  /** Where a draft is that was created, such as `ServiceRequest/1`. */
  location?: string;
  /** The draft that was read. */
  resource?: Resource;
  /** All drafts, if no location was named. */
  scratchpad?: Resource[];
  /** An OperationOutcome. */
  outcome?: Resource;
  /** Members of other messages. */
  [member: string]: unknown;
}

/** Options of a message. */
export interface EhrMessageOptions {
  /** Ends the wait for a response. The EHR has received the message. */
  signal?: AbortSignal;
}

/** Options of a message with several responses. */
export interface EhrSendOptions extends EhrMessageOptions {
  /** Is called with the payload of each response but the last one, if the EHR announces more. */
  onResponse?: (response: EhrResponse | undefined) => void;
}

/**
 * The page of the EHR that shows the app in a frame or opened it (SMART Web Messaging 1.0). Messages are only sent to the origin that the token
 * response names, and only responses of that window and origin are read.
 *
 * The methods return the payload of the last response, or `undefined` if it has none. Check its `status`: the EHR may not be able to do what the
 * app requests. They reject with `messaging_unavailable` without a scope such as `messaging/ui` or without such a page, `timeout` if a response
 * does not come within ten seconds, `invalid_configuration` for a payload that is not an object, `aborted`, and the reason why the session ended.
 *
 * ```js
 * export async function order(session) {
 *   const resource = { resourceType: "ServiceRequest", status: "draft", intent: "proposal", subject: { reference: `Patient/${session.patient}` } };
 *   const created = await session.ehr.send("scratchpad.create", { resource });
 *   if (created?.status?.startsWith("201")) await session.ehr.done();
 * }
 * ```
 */
export interface Ehr {
  /**
   * Sends a message of a type, such as `scratchpad.create`, and waits for the response. Each response is awaited for ten seconds.
   *
   * ```js
   * export async function drafts(session) {
   *   const read = await session.ehr.send("scratchpad.read");
   *   return read?.scratchpad ?? [];
   * }
   * ```
   */
  send(type: string, payload?: object, options?: EhrSendOptions): Promise<EhrResponse | undefined>;
  /** Asks the EHR to close the app (`ui.done`). */
  done(options?: EhrMessageOptions): Promise<EhrResponse | undefined>;
  /**
   * Asks the EHR to show another activity, without closing the app (`ui.launchActivity`). The EHR documents its activities and their parameters.
   *
   * ```js
   * export async function review(session) {
   *   const shown = await session.ehr.launchActivity("problem-review", { problemLocation: "Condition/1" });
   *   return shown?.status === "success";
   * }
   * ```
   */
  launchActivity(activityType: string, parameters?: object, options?: EhrMessageOptions): Promise<EhrResponse | undefined>;
}
