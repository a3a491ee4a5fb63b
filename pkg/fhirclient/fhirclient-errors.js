/** A server whose errors also have the members of fhirclient's errors: `statusCode`, and the name `AbortError`. */
export function withFhirclientErrors(server) {
  return {
    base: server.base,
    send: (request) => withErrorMembers(server.send(request)),
    resolver(options) {
      const resolver = server.resolver(options);
      return { resolve: (reference, within) => withErrorMembers(resolver.resolve(reference, within)) };
    },
  };
}

async function withErrorMembers(promise) {
  try {
    return await promise;
  } catch (error) {
    if (error.status !== undefined) error.statusCode = error.status;
    if (error.code === "aborted") error.name = "AbortError";
    throw error;
  }
}
