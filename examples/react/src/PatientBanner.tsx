import type { Patient } from "fhir/r4";
import type { PatientInContext } from "smartrust";
import { Problem, useLoaded } from "./useLoaded";

export function PatientBanner({ patient }: { patient: PatientInContext }) {
  const { value, error } = useLoaded<Patient>((signal) => patient.read({ signal }), [patient]);
  const name = value?.name?.find(({ use }) => use === "official") ?? value?.name?.[0];
  return (
    <section aria-label="Patient">
      {value && <h2>{[...(name?.given ?? []), name?.family].join(" ")}</h2>}
      {value && (
        <p>
          Born {value.birthDate}, {value.gender}
        </p>
      )}
      <Problem error={error} />
    </section>
  );
}
