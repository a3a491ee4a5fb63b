import { report } from "../../service.js";
import { settings } from "../../settings.js";

export async function POST() {
  return Response.json(await report(settings.trustedIssuers[0]));
}
