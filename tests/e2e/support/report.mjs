// Turns the events of node:test into one line a check.

/** Prints each check as it ends, and counts them. */
export async function report(events) {
  const count = { passed: 0, failed: 0 };
  for await (const { type, data } of events) {
    if (type === "test:pass" && isCheck(data)) {
      count.passed += 1;
      console.log(`ok   ${data.name} (${seconds(data)})`);
    }
    if (type === "test:fail") {
      count.failed += 1;
      console.log(`FAIL ${data.name} (${seconds(data)})`);
      console.log(indented(explanation(data.details.error)));
    }
    if (type === "test:stderr") {
      process.stderr.write(data.message);
    }
  }
  return count;
}

/** A file that holds checks is none itself. */
function isCheck({ name, details }) {
  return details.type !== "suite" && !name.endsWith(".test.mjs");
}

function seconds({ details }) {
  return `${(details.duration_ms / 1000).toFixed(1)} s`;
}

function explanation(error) {
  const cause = error?.cause ?? error;
  return cause?.stack ?? cause?.message ?? String(cause);
}

function indented(text) {
  return text.replace(/^/gm, "     ");
}
