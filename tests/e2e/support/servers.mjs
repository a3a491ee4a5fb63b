// The servers under test and the log-ins of the sandbox EHR, from environment variables that `cargo xtask` sets.

/** The value of an environment variable that must be set. */
export function fromEnvironment(variable) {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run the browser tests by \`cargo xtask demo --check\`.`);
  return value;
}

export const ehrOrigin = fromEnvironment("EHR_ORIGIN");
export const appOrigin = fromEnvironment("APP_ORIGIN");
export const ehr = `${ehrOrigin}/webchart.cgi`;

/** A second EHR, which simulates Epic, and the base URL of the launcher that is configured for it. */
export const secondEhrOrigin = process.env.SECOND_EHR_ORIGIN;
export const secondEhr = `${secondEhrOrigin}/webchart.cgi`;
export const keptHome = `${appOrigin}/apps/kept`;

/** The `iss` that the EHR sends when it launches an app: the FHIR base without a trailing slash. */
export const iss = `${ehr}/fhir`;

export const patientLogin = { userName: fromEnvironment("PATIENT_USER_NAME"), password: fromEnvironment("PATIENT_PASSWORD") };
export const providerLogin = { userName: fromEnvironment("PROVIDER_USER_NAME"), password: fromEnvironment("PROVIDER_PASSWORD") };
