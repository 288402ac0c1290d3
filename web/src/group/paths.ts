/**
 * The paths on which media come and go. The browser notices within seconds that nothing comes any more (RFC 7675, §5.1); the
 * client waits much longer before it says that it is cut off.
 */
export class Paths {
  readonly #changed: () => void;
  readonly #known = new Set<RTCIceTransport>();

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Those of tracks; the same path may come again and again. */
  watch(transport: RTCDtlsTransport | null | undefined): void {
    const path = transport?.iceTransport;
    if (!path || this.#known.has(path)) return;
    this.#known.add(path);
    path.addEventListener("statechange", () => {
      if (path.state === "closed") this.#known.delete(path);
      this.#changed();
    });
  }

  /** Nothing comes on one of them. */
  get broken(): boolean {
    return [...this.#known].some(({ state }) => state === "disconnected" || state === "failed");
  }
}
