import { useEffect, useState } from "react";
import { SmartError } from "smartrust";
import { app } from "./smart.js";

export function App() {
  const [session, setSession] = useState();
  const [error, setError] = useState();
  useEffect(() => {
    app.resume().then(setSession, (problem) => (setError(problem), setSession(null)));
  }, []);
  return (
    <main>
      {error instanceof SmartError && <p role="alert">{error.code}</p>}
      {session === null && <button onClick={() => app.launch()}>Connect</button>}
      {session && <Labs session={session} />}
    </main>
  );
}

export function Labs({ session }) {
  const [labs, setLabs] = useState([]);
  const [error, setError] = useState();
  useEffect(() => {
    session.patient.search("Observation", { category: "laboratory" }).toArray().then(setLabs, setError);
  }, [session]);
  return error ? <p role="alert">{error.message}</p> : <ul>{labs.map(({ id, code }) => <li key={id}>{code.text}</li>)}</ul>;
}
