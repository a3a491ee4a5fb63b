import { load } from "./load-backend.js";

export async function discover(server) {
  return (await load()).discover(server);
}

export async function diagnose(server) {
  return (await load()).diagnose(server);
}

export async function register(server, metadata, { initialAccessToken, signal } = {}) {
  return new Registration(await (await load()).register(server, metadata, initialAccessToken, signal));
}

export class Registration {
  constructor({ endpoint, document, changes = [] }) {
    Object.assign(this, { endpoint, document, changes });
  }

  get clientId() {
    return this.document.client_id;
  }

  async read({ signal } = {}) {
    return this.update(undefined, { signal });
  }

  async update(metadata, { signal } = {}) {
    const { updateRegistration } = await load();
    return new Registration(await updateRegistration(this.endpoint, this.document, metadata, signal));
  }

  async delete({ signal } = {}) {
    return (await load()).deleteRegistration(this.endpoint, this.document, signal);
  }
}
