// Reads an NDJSON file in Node, and prints the time in milliseconds: node ndjson-node.mjs ours|plain <origin> <megabytes>

import { BackendClient } from "../../pkg/node-backend.js";

const [, , who, origin, size] = process.argv;
const client = new BackendClient({ fhirBase: `${origin}/fhir`, clientId: "bench", clientSecret: "none", scope: "system/*.rs" });

async function ours() {
  const job = await client.exportAt(`${origin}/job?megabytes=${size}`);
  let count = 0;
  for await (const { resources } of job.batches()) for (const { id } of resources) count += id ? 1 : 0;
  return count;
}

async function plain() {
  const { body } = await fetch(`${origin}/file?megabytes=${size}`);
  let rest = "";
  let count = 0;
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) count += JSON.parse(line).id ? 1 : 0;
  }
  return count;
}

const start = performance.now();
const count = await (who === "ours" ? ours() : plain());
if (count === 0) throw new Error("nothing came");
console.log(performance.now() - start);
