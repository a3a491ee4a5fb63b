// oidc-provider warns of Node 20, and of its own log-in pages, which are wanted here. Imported before it, this keeps that off
// the list of checks.

const { warn } = console;

console.warn = (text, ...rest) => {
  if (!/^oidc-provider WARNING/.test(text)) warn(text, ...rest);
};
