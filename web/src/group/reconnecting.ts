/** How long a page tries to come back into a group room: longer than a tunnel or a restarted router takes. */
import type { ReconnectContext, ReconnectPolicy } from "livekit-client";

const GIVES_UP_AFTER_MS = 10 * 60_000;
const LONGEST_DELAY_MS = 4000;

export class PatientReconnect implements ReconnectPolicy {
  readonly #random: () => number;

  /** `random` gives a number from 0 to 1: people who were cut off together do not come back in one moment. */
  constructor(random: () => number) {
    this.#random = random;
  }

  nextRetryDelayInMs({ elapsedMs, retryCount }: ReconnectContext): number | null {
    if (elapsedMs > GIVES_UP_AFTER_MS) return null;
    const delay = Math.min(LONGEST_DELAY_MS, 300 * retryCount ** 2);
    return Math.round(delay * (0.75 + this.#random() / 2) + this.#random() * 200);
  }
}
