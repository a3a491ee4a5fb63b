import { onMounted, onUnmounted, shallowRef } from "vue";

/** What `load` brings. It is stopped when the component goes. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>) {
  const value = shallowRef<T>();
  const error = shallowRef<Error>();
  const controller = new AbortController();

  onMounted(async () => {
    try {
      value.value = await load(controller.signal);
    } catch (problem) {
      if (!controller.signal.aborted) error.value = problem as Error;
    }
  });
  onUnmounted(() => controller.abort());

  return { value, error };
}
