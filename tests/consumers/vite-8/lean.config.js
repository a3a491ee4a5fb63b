// Leaves out what is re-exported and not imported, and so the WebAssembly of services.
export default { build: { rolldownOptions: { experimental: { lazyBarrel: true } } } };
