import { report } from "../../service.js";
import { settings } from "../../settings.js";

export const runtime = "edge";

export async function POST() {
  return Response.json(await report(settings.trustedIssuers[0]));
}
