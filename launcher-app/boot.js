// Starts the launcher, and says so in plain words where that fails.

const boot = document.getElementById("boot");

function tell(text) {
  boot.setAttribute("role", "alert");
  boot.replaceChildren(Object.assign(document.createElement("p"), { textContent: text }));
  document.body.replaceChildren(boot);
}

/** A compiled module: at once, which takes a millisecond, where a page may do that; else when it is this one's turn. */
async function compileBytes(bytes) {
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    return WebAssembly.compile(bytes);
  }
}

/** Compiles WebAssembly. What a release packs, and imports nothing, unpacks the module that is meant. */
async function compile(address) {
  const module = await compileBytes(await (await fetch(address)).arrayBuffer());
  if (WebAssembly.Module.imports(module)[0]) return module;
  const { memory, unpack } = (await WebAssembly.instantiate(module)).exports;
  return compileBytes(new Uint8Array(memory.buffer, unpack()));
}

try {
  const { default: start } = await import("./launcher.js");
  await start({ module_or_path: await compile(new URL("launcher_bg.wasm", import.meta.url)) });
  boot.remove();
} catch (error) {
  console.error(error);
  tell("This page could not be started. Please load it again, or open it in a newer browser.");
}

addEventListener("error", ({ error }) => {
  if (error instanceof WebAssembly.RuntimeError) tell("Something went wrong on this page. Please load it again.");
});
