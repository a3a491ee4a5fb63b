import FHIR from "./node_modules/smartrust/fhirclient.min.js";
import { start } from "./fhirclient-app.js";

start(FHIR);
