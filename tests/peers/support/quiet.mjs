// oidc-provider warns about Node 20 and about its development log-in pages, which these tests use. Import this file before it to
// suppress these warnings.

const { warn } = console;

console.warn = (text, ...rest) => {
  if (!/^oidc-provider WARNING/.test(text)) warn(text, ...rest);
};
