/** A request to fetch, as the test sees it. The access token is left out. */
export async function requestOf(input, init = {}) {
  const isRequest = typeof input === "object" && !(input instanceof URL);
  const url = isRequest ? input.url : String(input);
  const method = (init.method ?? (isRequest ? input.method : "GET")).toUpperCase();
  const { authorization, ...headers } = namesInLowerCase(init.headers ?? (isRequest ? input.headers : {}));
  const body = init.body ?? (isRequest && input.body ? await input.text() : undefined);
  const text = body === undefined || body === null ? undefined : String(body);
  const isForm = init.body instanceof URLSearchParams || headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  const parameters = new URLSearchParams(isForm ? text : new URL(url).search);
  return { request: { method, url, headers, parameters, ...(text !== undefined && { body: text }) }, authorization };
}

function namesInLowerCase(headers) {
  const pairs = typeof headers.entries === "function" ? [...headers.entries()] : Object.entries(headers);
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
}

/** A response of fetch. Some test environments have no Response, so that a plain object with the same members replaces it. */
export function responseOf({ status = 200, headers = {}, body }) {
  const isText = typeof body === "string";
  const text = body === undefined ? "" : isText ? body : JSON.stringify(body);
  const all = { "content-type": isText ? "text/plain" : "application/json", ...namesInLowerCase(headers) };
  if (globalThis.Response) return new Response(text === "" ? null : text, { status, headers: all });
  return {
    ok: status >= 200 && status < 300,
    status,
    url: "",
    headers: { get: (name) => all[name.toLowerCase()] ?? null },
    body: null,
    text: async () => text,
    json: async () => JSON.parse(text),
    arrayBuffer: async () => new TextEncoder().encode(text).buffer,
  };
}
