import { SmartError } from "./errors.js";
import { load, loadFrom } from "./load.js";
import { Session } from "./session.js";
import { smartApp } from "./smart-app.js";

export { BackendClient, Export, Keys, Registration, Scopes, diagnose, discover, register } from "./backend.js";
export { Connection } from "./connection.js";
export { Session, SmartError };

export async function ready(source) {
  if (source !== undefined) loadFrom(() => source);
  await load();
}

export const SmartApp = smartApp(load, Session);
