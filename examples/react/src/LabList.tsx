import type { Observation } from "fhir/r4";
import type { PatientInContext } from "smartrust";
import { resultText } from "./resultText";
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
        {labs.map((lab) => (
          <tr key={lab.id}>
            <th scope="row">{lab.code.text ?? lab.code.coding?.[0]?.display}</th>
            <td>{resultText(lab)}</td>
            <td>{lab.effectiveDateTime?.slice(0, 10)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
