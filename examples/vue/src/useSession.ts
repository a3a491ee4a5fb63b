import type { Session } from "smartrust";
import { onMounted, onUnmounted, shallowRef } from "vue";
import { app } from "./smart";

/** The session of this page: `undefined` while it is looked for, `null` where there is none. */
export function useSession() {
  // Shallow, so that Vue leaves the session itself alone.
  const session = shallowRef<Session | null>();
  const error = shallowRef<Error>();
  const controller = new AbortController();

  onMounted(async () => {
    try {
      session.value = await app.resume();
    } catch (problem) {
      error.value = problem as Error;
      session.value = null;
    }
    session.value?.addEventListener("signedout", () => (session.value = null), { signal: controller.signal });
  });
  onUnmounted(() => controller.abort());

  return { session, error };
}
