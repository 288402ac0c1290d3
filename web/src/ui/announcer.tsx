/** What a screen reader says by itself: one polite and one assertive live region, no more than one message a second each. */
import { createRoot, createSignal } from "solid-js";

type Urgency = "polite" | "assertive";
const GAP_MS = 1000;
const MAX_WAITING = 5;

class Announcer {
  readonly #show: (text: string) => void;
  #waiting: string[] = [];
  #busy = false;

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  say(text: string): void {
    // Old news is dropped before new news.
    this.#waiting = [...this.#waiting, text].slice(-MAX_WAITING);
    if (!this.#busy) this.#next();
  }

  #next(): void {
    const text = this.#waiting.shift();
    this.#busy = text !== undefined;
    this.#show(text ?? "");
    if (text !== undefined) setTimeout(() => this.#next(), GAP_MS);
  }
}

const [polite, setPolite] = createRoot(() => createSignal(""));
const [assertive, setAssertive] = createRoot(() => createSignal(""));
const announcers: Record<Urgency, Announcer> = {
  polite: new Announcer(setPolite),
  assertive: new Announcer(setAssertive),
};

export function announce(text: string, urgency: Urgency = "polite"): void {
  announcers[urgency].say(text);
}

export function LiveRegions() {
  return (
    <div class="visually-hidden">
      <div role="status" aria-live="polite">
        {polite()}
      </div>
      <div role="alert" aria-live="assertive">
        {assertive()}
      </div>
    </div>
  );
}
