import { SmartError } from "../errors.js";

/** The HTTP status of each code that stands for one. */
const statuses = {
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  precondition_failed: 412,
  unprocessable: 422,
  too_many_requests: 429,
};

export function smartError(code, { message = `The test rejects this call with ${code}.`, ...members } = {}) {
  const status = statuses[code];
  return new SmartError(code, message, { ...(status && { status }), ...members });
}

/** The error of a request that the test does not answer. */
export function unscripted(method, url, remedy) {
  return new SmartError("unscripted_request", `The test has no response for ${method} ${url}: ${remedy}`);
}

/** The error of a wrong argument or result of the test. */
export function invalid(message) {
  return new SmartError("invalid_configuration", message);
}

/** Refuses options that do not exist, which are probably misspelled. */
export function checkNames(what, options, names) {
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(`${what} has no option "${unknown}". Its options are ${names.join(", ")}.`);
}
