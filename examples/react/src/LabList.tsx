import type { Observation } from "fhir/r4";
import type { PatientInContext } from "smartrust";
import { Problem, useLoaded } from "./useLoaded";

const newest = { category: "laboratory", _sort: "-date" };

export function LabList({ patient }: { patient: PatientInContext }) {
  const { value: labs, error } = useLoaded<Observation[]>(
    (signal) => patient.search("Observation", newest, { limit: 20, signal }).toArray(),
    [patient],
  );
  if (!labs) return error ? <Problem error={error} /> : <p role="status">Loading…</p>;
  return (
    <table>
      <caption>The newest results</caption>
      <thead>
        <tr>
          <th scope="col">Test</th>
          <th scope="col">Result</th>
          <th scope="col">Date</th>
        </tr>
      </thead>
      <tbody>
        {labs.map(({ id, code, valueQuantity, valueString, effectiveDateTime }) => (
          <tr key={id}>
            <th scope="row">{code.text ?? code.coding?.[0]?.display}</th>
            <td>{valueQuantity ? `${valueQuantity.value} ${valueQuantity.unit ?? ""}` : valueString}</td>
            <td>{effectiveDateTime?.slice(0, 10)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
