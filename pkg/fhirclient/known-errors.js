/** A server whose errors can also be told by fhirclient's marks: `statusCode`, and the name of an abort. */
export function withKnownErrors(server) {
  return {
    base: server.base,
    send: (request) => marked(server.send(request)),
    resolver(options) {
      const resolver = server.resolver(options);
      return { resolve: (reference, within) => marked(resolver.resolve(reference, within)) };
    },
  };
}

async function marked(work) {
  try {
    return await work;
  } catch (error) {
    if (error.status !== undefined) error.statusCode = error.status;
    if (error.code === "aborted") error.name = "AbortError";
    throw error;
  }
}
