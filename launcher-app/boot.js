// Starts the launcher, and shows a message if it fails.

const boot = document.getElementById("boot");

function show(message) {
  boot.setAttribute("role", "alert");
  boot.replaceChildren(Object.assign(document.createElement("p"), { textContent: message }));
  document.body.replaceChildren(boot);
}

function showCrash(error) {
  if (error instanceof WebAssembly.RuntimeError) show("Something went wrong on this page. Please load it again.");
}

async function start() {
  try {
    const launcher = await import("./launcher.js");
    await launcher.default({ module_or_path: new URL("launcher_bg.wasm", import.meta.url) });
    boot.remove();
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
