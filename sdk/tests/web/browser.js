// What the tests need from the browser itself, without the code under test.

function define(object, name, descriptor) {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { configurable: true, ...descriptor });
  return () => {
    if (before) Object.defineProperty(object, name, before);
    else delete object[name];
  };
}

/** Replaces a property of the page. The returned function restores it. */
export const replace = (object, name, value) => define(object, name, { value, writable: true });

/** Makes a property of the page throw, as in a browser that blocks storage. */
export const forbid = (object, name) =>
  define(object, name, {
    get() {
      throw new DOMException("The page may not touch it.", "SecurityError");
    },
  });

/** Replaces fetch by a function that gets the request as the browser would send it. */
export const replaceFetch = (answer) =>
  replace(globalThis, "fetch", async (url, init) => answer(new Request(url, init)));

export const response = (status, body, headers) => new Response(body, { status, headers });

/** A body with two pieces. The second one arrives only after the first one was read. */
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

/** A body whose bytes arrive in pieces of a size. */
export function responseCutEvery(view, size) {
  // WebAssembly's memory may move.
  const bytes = view.slice();
  let sent = 0;
  const pull = (controller) => {
    if (sent >= bytes.length) return controller.close();
    controller.enqueue(bytes.slice(sent, sent + size));
    sent += size;
  };
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
}

/** The same from a stream that fills a buffer of its reader, as in fetch. */
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

/** Counts the calls of `JSON.parse`. */
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

/** An app's asynchronous store, as on IndexedDB. */
export function storeOfPromises() {
  const texts = new Map();
  return {
    get: async (key) => texts.get(key),
    set: async (key, text) => void texts.set(key, text),
    remove: async (key) => void texts.delete(key),
    keys: async (prefix) => [...texts.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** A store that fails in every way: it throws, rejects, or lacks a method. */
export const brokenStore = () => ({
  get() {
    throw new Error("not today");
  },
  set: async () => {
    throw new Error("not today");
  },
  remove: "no function",
});

/** Makes a frame the opener of the page. Another frame is a stranger. `first()` is the first message that the opener gets. */
export function openedByAFrame() {
  const newFrame = () => document.body.appendChild(document.createElement("iframe"));
  const [frame, stranger] = [newFrame(), newFrame()];
  // A function of the frame's own realm, so that the frame is the source of the message.
  const say = ({ contentWindow }, text) => new contentWindow.Function("text", "parent.postMessage({ text }, '*')")(text);
  const first = new Promise((resolve) => {
    frame.contentWindow.addEventListener("message", ({ data }) => resolve(JSON.stringify(data)));
  });
  const restore = replace(globalThis, "opener", frame.contentWindow);
  return {
    say: (text) => say(frame, text),
    sayAsAStranger: (text) => say(stranger, text),
    first: () => first,
    close() {
      restore();
      frame.remove();
      stranger.remove();
    },
  };
}

/** The contents of a storage, as a string. */
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

/** Replaces the timers. The test fires them, and sees which were set and cleared. */
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

/** Records what forms of the page would send, instead of sending it: method, URL and body of each. */
export function replaceSubmit() {
  const sent = [];
  const restore = replace(HTMLFormElement.prototype, "submit", function () {
    sent.push(this.getAttribute("method"), this.getAttribute("action"), String(new URLSearchParams(new FormData(this))));
    if (!this.isConnected) sent.push("a form outside the page is not sent");
    this.remove();
  });
  return { sent, restore };
}

/** A key pair whose private key cannot be exported. Elliptic curves ignore the RSA members. */
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

/** Whether a key can be exported in any format. */
export async function canBeReadOut(key) {
  const tries = ["jwk", "pkcs8", "spki", "raw"].map((format) => crypto.subtle.exportKey(format, key));
  return (await Promise.allSettled(tries)).some(({ status }) => status === "fulfilled");
}

/** A new RSA key in the formats that tools write, and its public key. */
export async function newKeyFile() {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const pem = (label, bytes) => {
    const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g);
    return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
  };
  const bytes = async (format, key) => new Uint8Array(await crypto.subtle.exportKey(format, key));
  const pkcs8 = await bytes("pkcs8", privateKey);
  // The PKCS#8 key contains the PKCS#1 key of 2048 bits after a header of 26 bytes (RFC 5208 section 5).
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

/** Possible values of `globalThis.navigation` in a browser without the Navigation API. */
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
