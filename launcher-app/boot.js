// Starts the launcher, and shows a message if it fails. Its script element names the other files and says whether the page can be read
// before the launcher is there.

const { glue, wasm, paintFirst } = document.querySelector("script[data-wasm]").dataset;

/** Waits until the page is painted, so that its first paint does not share a slow line with the app. A hidden page is not painted. */
function painted() {
  return new Promise((resolve) => {
    if (document.hidden) return resolve();
    new PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
    setTimeout(resolve, 3_000);
  });
}

function show(message) {
  const words = Object.assign(document.createElement("p"), { className: "boot", textContent: message });
  words.setAttribute("role", "alert");
  document.body.replaceChildren(words);
}

function showCrash(error) {
  if (error instanceof WebAssembly.RuntimeError) show("Something went wrong on this page. Please load it again.");
}

async function start() {
  try {
    if (paintFirst !== undefined) await painted();
    const [launcher, response] = await Promise.all([import(glue), fetch(wasm)]);
    await launcher.default({ module_or_path: response });
  } catch (error) {
    console.error(error);
    show("This page could not be started. Please load it again, or open it in a newer browser.");
  }
  addEventListener("error", ({ error }) => showCrash(error));
  addEventListener("unhandledrejection", ({ reason }) => showCrash(reason));
}

if (typeof WebAssembly === "undefined") {
  // As in Lockdown Mode of Apple devices.
  show(
    "This page needs a part of the browser that is turned off. If your device is in Lockdown Mode, turn it off for this " +
      "website. Or open this page on another device.",
  );
} else {
  await start();
}
