import { type DependencyList, useEffect, useState } from "react";

/** What `load` brings. It is stopped when the component goes, and called anew when a dependency changes. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, dependencies: DependencyList) {
  const [loaded, setLoaded] = useState<{ value?: T; error?: Error }>({});
  useEffect(() => {
    const controller = new AbortController();
    const tell = (outcome: { value?: T; error?: Error }) => controller.signal.aborted || setLoaded(outcome);
    load(controller.signal).then(
      (value) => tell({ value }),
      (error) => tell({ error }),
    );
    return () => controller.abort();
  }, dependencies);
  return loaded;
}

export function Problem({ error }: { error: Error | undefined }) {
  return error && <p role="alert">{error.message}</p>;
}
