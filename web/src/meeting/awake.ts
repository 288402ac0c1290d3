/** The screen stays on during a call, where the browser can do that. */
export function keepAwake(signal: AbortSignal): void {
  let lock: WakeLockSentinel | undefined;
  const request = async (): Promise<void> => {
    if (document.hidden || signal.aborted || !("wakeLock" in navigator)) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (signal.aborted) await lock.release();
    } catch {
      // Refused, for example to save the battery.
    }
  };
  void request();
  document.addEventListener("visibilitychange", () => void request(), { signal });
  signal.addEventListener("abort", () => void lock?.release());
}
