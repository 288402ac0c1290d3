/** Tells when the browser says that the network has changed, or that the page was asleep. */

/** Chromium's NetworkInformation, as far as it is used here. */
interface NetworkInformation extends EventTarget {
  readonly type?: string;
}

export function watchNetwork(changed: () => void, signal: AbortSignal): void {
  const connection = (navigator as Navigator & { connection?: NetworkInformation }).connection;
  window.addEventListener("online", changed, { signal });
  window.addEventListener("offline", changed, { signal });
  // The event also comes when only the estimated speed moves; a change of type is what matters, where it is told.
  let type = connection?.type;
  connection?.addEventListener(
    "change",
    () => {
      if (connection.type !== undefined && connection.type === type) return;
      type = connection.type;
      changed();
    },
    { signal },
  );
  document.addEventListener("resume", changed, { signal });
  window.addEventListener("pageshow", (event) => event.persisted && changed(), { signal });
}
