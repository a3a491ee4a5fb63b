import { report } from "./service.js";

console.log(JSON.stringify(await report(process.argv[2])));
