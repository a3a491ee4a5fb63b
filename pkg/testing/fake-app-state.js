/** App state in memory: `states` holds the resources of one fake session by code and subject. */
export class FakeAppState {
  #answer;
  #states;
  #key;
  #basic;

  constructor(answer, states, fhirBase, code, subject) {
    const reference = subject && (subject.includes(":") ? subject : `${fhirBase}/${subject}`);
    const [system, own] = code.split("|");
    this.#answer = answer;
    this.#states = states;
    this.#key = { code, ...(reference ? { subject: reference } : { "subject:missing": "true" }) };
    this.#basic = { resourceType: "Basic", code: { coding: [{ system, code: own }] }, ...(reference && { subject: { reference } }) };
  }

  get #name() {
    return JSON.stringify(this.#key);
  }

  async get(options) {
    const stored = () => this.#states.get(this.#name) ?? null;
    return (await this.#answer({ interaction: "search", target: "Basic", parameters: this.#key }, options, stored)).result;
  }

  async set(extension, options) {
    const known = this.#states.get(this.#name);
    const members = known ? { interaction: "update", body: { id: known.id, ...this.#basic, extension } } : { interaction: "create", body: { ...this.#basic, extension } };
    const meta = { versionId: String(Number(known?.meta.versionId ?? 0) + 1) };
    const { result } = await this.#answer(members, options, ({ body }) => ({ id: `state-${this.#states.size + 1}`, ...body, meta }));
    this.#states.set(this.#name, result);
    return result;
  }

  async delete(options) {
    const known = this.#states.get(this.#name);
    if (!known) return;
    await this.#answer({ interaction: "delete", target: `Basic/${known.id}` }, options, () => null);
    this.#states.delete(this.#name);
  }
}
