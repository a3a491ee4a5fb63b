// The servers under test and the log-ins of the sandbox EHR; `cargo xtask` names them in the environment.

/** What the environment says of the servers. */
export function named(variable) {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run the browser tests by \`cargo xtask demo --check\`.`);
  return value;
}

export const ehrOrigin = named("EHR_ORIGIN");
export const appOrigin = named("APP_ORIGIN");
export const ehr = `${ehrOrigin}/webchart.cgi`;

/** What the EHR sends as `iss` when it launches an app: the FHIR base without a slash. */
export const iss = `${ehr}/fhir`;

export const patientLogin = { userName: named("PATIENT_USER_NAME"), password: named("PATIENT_PASSWORD") };
export const providerLogin = { userName: named("PROVIDER_USER_NAME"), password: named("PROVIDER_PASSWORD") };
