/** The method by which a class sends a request. */
export const send = Symbol();

/** Adds the FHIR interactions to a class that has the method `send`. */
export const withInteractions = (Base) =>
  class extends Base {
    async read(reference, options) {
      return (await this[send]({ interaction: "read", target: reference }, options)).resource;
    }

    async create(resource, options) {
      return this[send]({ interaction: "create", body: resource }, options);
    }

    async update(resource, { search, ...options } = {}) {
      return this[send]({ interaction: "update", body: resource, parameters: search }, options);
    }

    async patch(reference, patch, { search, ...options } = {}) {
      return this[send]({ interaction: "patch", target: reference, body: patch, parameters: search }, options);
    }

    async delete(reference, { search, ...options } = {}) {
      return this[send]({ interaction: "delete", target: reference, parameters: search }, options);
    }

    async operation(target, { parameters, body, ...options } = {}) {
      return (await this[send]({ interaction: "operation", target, parameters, body }, options)).resource;
    }
  };

/** A request with its parameters and headers as `application/x-www-form-urlencoded`. */
export function withForms({ parameters, headers, ...request }) {
  return { ...request, parameters: formOf(parameters), headers: formOf(headers) };
}

const formOf = (parameters) => String(new URLSearchParams(pairsOf(parameters)));

/** Search parameters as pairs of a name and a value. An array of values repeats the parameter. */
export function pairsOf(parameters = {}) {
  const pairs = Symbol.iterator in Object(parameters) ? [...parameters] : Object.entries(parameters);
  return pairs.flatMap(([name, values]) =>
    [values].flat().flatMap((value) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
