import { unsupported } from "./unsupported.js";

/** fhirclient's settings: their value here, and the values that may be set without effect. */
const known = {
  replaceBrowserHistory: { value: true, takes: [true], remedy: "the code must be removed from the page's URL." },
  fullSessionStorageSupport: { value: true, takes: [true, false] },
  refreshTokenWithClientId: { value: true, takes: [true, false] },
  refreshTokenWithCredentials: {
    value: "same-origin",
    takes: ["same-origin", "omit"],
    remedy: "token requests never send cookies.",
  },
};

export const settings = Object.create(
  null,
  Object.fromEntries(
    Object.entries(known).map(([name, { value, takes, remedy }]) => {
      const set = (given) => {
        if (!takes.includes(given)) throw unsupported(`${name}: ${String(given)}`, remedy);
      };
      return [name, { get: () => value, set, enumerable: true }];
    }),
  ),
);
