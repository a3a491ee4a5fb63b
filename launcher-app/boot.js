// Starts the launcher, and shows a message if it fails.

const boot = document.getElementById("boot");

function show(message) {
  boot.setAttribute("role", "alert");
  boot.replaceChildren(Object.assign(document.createElement("p"), { textContent: message }));
  document.body.replaceChildren(boot);
}

try {
  const { default: start } = await import("./launcher.js");
  await start({ module_or_path: new URL("launcher_bg.wasm", import.meta.url) });
  boot.remove();
} catch (error) {
  console.error(error);
  show("This page could not be started. Please load it again, or open it in a newer browser.");
}

function showCrash(error) {
  if (error instanceof WebAssembly.RuntimeError) show("Something went wrong on this page. Please load it again.");
}

addEventListener("error", ({ error }) => showCrash(error));
addEventListener("unhandledrejection", ({ reason }) => showCrash(reason));
