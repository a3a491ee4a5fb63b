import { useEffect, useState } from "react";
import type { Session } from "smartrust";
import { app } from "./smart";

/** The session of this page: `undefined` while it is looked for, `null` where there is none. */
export function useSession() {
  const [session, setSession] = useState<Session | null>();
  const [error, setError] = useState<Error>();

  useEffect(() => {
    let isMounted = true;
    // StrictMode runs every effect twice. Both calls give the same session, and the code is sent once.
    app.resume().then(
      (resumed) => isMounted && setSession(resumed),
      (problem) => isMounted && (setError(problem), setSession(null)),
    );
    return () => {
      isMounted = false;
    };
  }, []);

  useEffect(() => {
    const end = () => setSession(null);
    session?.addEventListener("signedout", end);
    return () => session?.removeEventListener("signedout", end);
  }, [session]);

  return { session, error };
}
