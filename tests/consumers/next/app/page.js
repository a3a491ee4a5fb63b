// A server component, which reads the server's configuration for each request.

import { connection } from "next/server";
import { discover } from "smartrust";
import { settings } from "../settings.js";
import { Record } from "./record.js";

export default async function Page() {
  await connection();
  const [server] = settings.trustedIssuers;
  const { token_endpoint: tokenEndpoint } = await discover(server);
  return (
    <main>
      <p>Token endpoint: {tokenEndpoint}</p>
      <Record />
    </main>
  );
}
