import "./inline.js";

export * from "./fhirclient.js";
export { default } from "./fhirclient.js";
