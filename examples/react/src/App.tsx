import { LabList } from "./LabList";
import { PatientBanner } from "./PatientBanner";
import { app } from "./smart";
import { useSession } from "./useSession";

export function App() {
  const { session, error } = useSession();
  return (
    <main>
      <header>
        <h1>Laboratory results</h1>
        {session && <button onClick={() => session.signOut()}>Sign out</button>}
        {session === null && <button onClick={() => app.launch()}>Connect</button>}
      </header>
      {error && <p role="alert">{error.message}</p>}
      {session?.patient && <PatientBanner patient={session.patient} />}
      {session?.patient && <LabList patient={session.patient} />}
    </main>
  );
}
