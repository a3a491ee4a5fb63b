import FHIR from "smartrust/fhirclient";
import { start } from "./fhirclient-app.js";

start(FHIR);
