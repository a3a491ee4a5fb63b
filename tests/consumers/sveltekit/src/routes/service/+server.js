import { json } from "@sveltejs/kit";
import { report } from "../../../service.js";
import { settings } from "../../../settings.js";

export async function POST() {
  return json(await report(settings.trustedIssuers[0]));
}
