/** The usual ways of Jest to transform an app's files. None of them transforms the files of packages. */
module.exports = {
  projects: [
    { displayName: "babel", testEnvironment: "jsdom", testMatch: ["<rootDir>/babel/*.test.jsx"] },
    {
      displayName: "ts-jest",
      preset: "ts-jest",
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
