// Starts the launcher, and says so in plain words where that fails.

const boot = document.getElementById("boot");

function tell(text) {
  boot.setAttribute("role", "alert");
  boot.replaceChildren(Object.assign(document.createElement("p"), { textContent: text }));
  document.body.replaceChildren(boot);
}

try {
  const { default: start } = await import("./launcher.js");
  await start({ module_or_path: new URL("launcher_bg.wasm", import.meta.url) });
  boot.remove();
} catch (error) {
  console.error(error);
  tell("This page could not be started. Please load it again, or open it in a newer browser.");
}

addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError) tell("Something went wrong on this page. Please load it again.");
});
