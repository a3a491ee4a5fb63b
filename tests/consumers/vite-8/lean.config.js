// Leaves out re-exports that are not imported, and thus the WebAssembly for backend services.
export default { build: { rolldownOptions: { experimental: { lazyBarrel: true } } } };
