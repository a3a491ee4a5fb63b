// No module, as the scripts of older pages: what it uses is the global that the script before it made.
import("./fhirclient-app.js").then(({ start }) => start(FHIR));
