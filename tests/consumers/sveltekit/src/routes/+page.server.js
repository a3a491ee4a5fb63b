import { discover } from "smartrust";
import { settings } from "../../settings.js";

export async function load() {
  const { token_endpoint: tokenEndpoint } = await discover(settings.trustedIssuers[0]);
  return { tokenEndpoint };
}
