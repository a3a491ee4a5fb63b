// What the tests ask of the browser itself, apart from the code under test.

function define(object, name, descriptor) {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { configurable: true, ...descriptor });
  return () => {
    if (before) Object.defineProperty(object, name, before);
    else delete object[name];
  };
}

/** Puts a value over a property of the page; the function that comes back takes it away again. */
export const replace = (object, name, value) => define(object, name, { value, writable: true });

/** Makes a property of the page throw, as a browser does that blocks storage. */
export const forbid = (object, name) =>
  define(object, name, {
    get() {
      throw new DOMException("The page may not touch it.", "SecurityError");
    },
  });

/** Puts a function over fetch that answers the very request that the browser would have made. */
export const replaceFetch = (answer) =>
  replace(globalThis, "fetch", async (url, init) => answer(new Request(url, init)));

export const response = (status, body, headers) => new Response(body, { status, headers });

/** A body of which one piece is there and the other comes only when the first one has been read. */
export function responseInPieces(pieces) {
  const stream = new ReadableStream(
    {
      pull(controller) {
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(piece));
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream);
}

/** A body whose bytes come in pieces of a size. */
export function responseCutEvery(view, size) {
  // The memory that it is seen in may move.
  const bytes = view.slice();
  let sent = 0;
  const pull = (controller) => {
    if (sent >= bytes.length) return controller.close();
    controller.enqueue(bytes.slice(sent, sent + size));
    sent += size;
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
}

/** The same from a stream that fills a buffer of its reader's, as those of fetch do. */
export function byteResponseCutEvery(view, size) {
  const bytes = view.slice();
  let sent = 0;
  const pull = (controller) => {
    if (sent >= bytes.length) {
      controller.close();
      controller.byobRequest?.respond(0);
      return;
    }
    controller.enqueue(bytes.slice(sent, sent + size));
    sent += size;
  };
  return new Response(new ReadableStream({ type: "bytes", pull }));
}

/** Counts the calls of `JSON.parse` until it ends, and tells how many there were. */
export function countParsing() {
  let count = 0;
  const { parse } = JSON;
  const restore = replace(JSON, "parse", (...given) => {
    count += 1;
    return parse(...given);
  });
  return {
    end() {
      restore();
      return count;
    },
  };
}

/** A store of an app's own that answers later, as one on IndexedDB would. */
export function storeOfPromises() {
  const texts = new Map();
  return {
    get: async (key) => texts.get(key),
    set: async (key, text) => void texts.set(key, text),
    remove: async (key) => void texts.delete(key),
    keys: async (prefix) => [...texts.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** A store that refuses by every way there is: a throw, a rejection, a method that is none. */
export const brokenStore = () => ({
  get() {
    throw new Error("not today");
  },
  set: async () => {
    throw new Error("not today");
  },
  remove: "no function",
});

/** Everything that lies in a storage, as text. */
export const contents = (storage) => JSON.stringify(Object.entries(globalThis[storage]));

export const cookies = () => document.cookie;

export const countDatabases = async () => (await indexedDB.databases()).length;

export async function removeDatabases() {
  for (const { name } of await indexedDB.databases()) {
    await new Promise((resolve, reject) => {
      const removal = indexedDB.deleteDatabase(name);
      removal.onsuccess = resolve;
      removal.onerror = reject;
      removal.onblocked = () => reject(new Error(`${name} is still open`));
    });
  }
}

export const countHistory = () => history.length;

export const isLockHeldAmongTabs = async (name) => {
  const { held } = await navigator.locks.query();
  return held.some((lock) => lock.name === name);
};

/** Makes timers that ring by hand alone, and tells which were set and which cleared. */
export function replaceTimers() {
  const set = [];
  const calls = [];
  const cleared = [];
  const begin = (call, milliseconds) => {
    calls.push(call);
    return set.push(Math.round(milliseconds));
  };
  const undo = [
    replace(globalThis, "setTimeout", begin),
    replace(globalThis, "clearTimeout", (id) => void cleared.push(id)),
  ];
  return { set, cleared, ring: (id) => calls[id - 1](), restore: () => undo.forEach((each) => each()) };
}

/** Keeps what a form of the page would send, in place of sending it: method, address and body of each. */
export function replaceSubmit() {
  const sent = [];
  const restore = replace(HTMLFormElement.prototype, "submit", function () {
    sent.push(this.getAttribute("method"), this.getAttribute("action"), String(new URLSearchParams(new FormData(this))));
    if (!this.isConnected) sent.push("a form outside the page is not sent");
    this.remove();
  });
  return { sent, restore };
}

/** A key pair whose private half cannot be exported. The RSA members mean nothing to elliptic curves. */
export const newKey = (algorithm) =>
  crypto.subtle.generateKey(
    { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), ...JSON.parse(algorithm) },
    false,
    ["sign", "verify"],
  );

export const publicJwk = async ({ publicKey }) => JSON.stringify(await crypto.subtle.exportKey("jwk", publicKey));

export const privateKey = (pair) => pair.privateKey;

export const sign = async (algorithm, { privateKey }, data) =>
  new Uint8Array(await crypto.subtle.sign(JSON.parse(algorithm), privateKey, data));

export const verify = (algorithm, { publicKey }, signature, data) =>
  crypto.subtle.verify(JSON.parse(algorithm), publicKey, signature, data);

/** Whether a key can be read out, as tried by every format there is. */
export async function canBeReadOut(key) {
  const tries = ["jwk", "pkcs8", "spki", "raw"].map((format) => crypto.subtle.exportKey(format, key));
  return (await Promise.allSettled(tries)).some(({ status }) => status === "fulfilled");
}

/** A new RSA key in the forms that tools write, and its public half. */
export async function newKeyFile() {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const pem = (label, bytes) => {
    const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g);
    return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
  };
  const bytes = async (format, key) => new Uint8Array(await crypto.subtle.exportKey(format, key));
  const pkcs8 = await bytes("pkcs8", privateKey);
  // The PKCS#1 key of 2048 bits stands in the PKCS#8 one, after 26 bytes of heading (RFC 5208 section 5).
  return {
    pkcs8: pem("PRIVATE KEY", pkcs8),
    pkcs1: pem("RSA PRIVATE KEY", pkcs8.slice(26)),
    jwk: JSON.stringify({ ...(await crypto.subtle.exportKey("jwk", privateKey)), kid: "mine" }),
    publicPem: pem("PUBLIC KEY", await bytes("spki", publicKey)),
    publicJwk: await publicJwk({ publicKey }),
  };
}

export const importAsItIs = (jwk, algorithm) =>
  crypto.subtle.importKey("jwk", JSON.parse(jwk), JSON.parse(algorithm), false, ["verify"]);

/** What `globalThis.navigation` may be where the browser has no Navigation API. */
export function objectsThatAreNoNavigationApi() {
  const refuse = () => {
    throw new TypeError("This is the page's own.");
  };
  const methods = { addEventListener: refuse, entries: refuse };
  const entry = { index: 0, key: "own" };
  const hostile = { ...methods, get currentEntry() { return refuse(); } };
  return [
    {},
    document.createElement("nav"),
    7,
    "menu",
    () => {},
    new Map(),
    methods,
    { ...methods, currentEntry: entry },
    { ...methods, currentEntry: 5 },
    { ...methods, entries: () => undefined, currentEntry: entry },
    { ...methods, entries: () => [undefined, 7, { index: 0 }], currentEntry: entry },
    { ...methods, entries: () => [{ index: 0 }], currentEntry: entry },
    hostile,
  ];
}
