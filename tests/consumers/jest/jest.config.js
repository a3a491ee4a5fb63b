/** The usual ways of Jest to transform an app's files. None of them transforms the files of packages. */
module.exports = {
  projects: [
    { displayName: "babel", testEnvironment: "jsdom", testMatch: ["<rootDir>/babel/*.test.jsx"] },
    {
      displayName: "ts-jest",
      // ts-jest warns of "module": "node16", with which it uses the package's CommonJS typings.
      transform: { "\\.ts$": ["ts-jest", { diagnostics: { ignoreCodes: [151002] } }] },
      testEnvironment: "node",
      testMatch: ["<rootDir>/ts-jest/*.test.ts"],
    },
    {
      displayName: "modules",
      testEnvironment: "jest-fixed-jsdom",
      testEnvironmentOptions: { customExportConditions: ["node"] },
      transform: {},
      testMatch: ["<rootDir>/modules/*.spec.mjs"],
    },
  ],
};
