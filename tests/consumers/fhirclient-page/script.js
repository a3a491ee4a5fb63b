// A classic script, as in older pages. It uses the global variable of the script before it.
import("./fhirclient-app.js").then(({ start }) => start(FHIR));
