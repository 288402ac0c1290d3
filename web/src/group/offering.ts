/**
 * Keeps what the room gets from one source in line with what this person wants to send: published, replaced, muted or
 * withdrawn one step at a time, whatever is asked for meanwhile.
 */
export interface Wanted {
  track: MediaStreamTrack | null;
  muted: boolean;
}

/** A track that the room has got. */
export interface Offered {
  replace(track: MediaStreamTrack): Promise<unknown>;
  setMuted(muted: boolean): Promise<unknown>;
  withdraw(): Promise<unknown>;
}

export interface OfferingOptions {
  publish(track: MediaStreamTrack): Promise<Offered>;
  /** Without a track: stay published and muted, so that it is back at once, or go. */
  whenOff: "mute" | "withdraw";
  failed(error: unknown): void;
}

export class Offering {
  readonly #options: OfferingOptions;
  #wanted: Wanted = { track: null, muted: false };
  #offered: Offered | undefined;
  #track: MediaStreamTrack | undefined;
  #muted = false;
  #busy = false;

  constructor(options: OfferingOptions) {
    this.#options = options;
  }

  want(wanted: Wanted): void {
    this.#wanted = wanted;
    void this.#settle();
  }

  async #settle(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let step = this.#next(); step; step = this.#next()) await step();
    } catch (error) {
      // Not tried again by itself: the next wish tries again.
      this.#options.failed(error);
    } finally {
      this.#busy = false;
    }
  }

  /** The one thing to do next; `undefined` when all is as wanted. */
  #next(): (() => Promise<void>) | undefined {
    const { track, muted } = this.#wanted;
    const offered = this.#offered;
    if (!offered) return track ? () => this.#publish(track) : undefined;
    if (!track && this.#options.whenOff === "withdraw") return () => this.#withdraw(offered);
    if (track && track !== this.#track) return () => this.#replace(offered, track);
    const silent = muted || !track;
    return silent === this.#muted ? undefined : () => this.#mute(offered, silent);
  }

  async #publish(track: MediaStreamTrack): Promise<void> {
    this.#offered = await this.#options.publish(track);
    this.#track = track;
    this.#muted = false;
  }

  async #replace(offered: Offered, track: MediaStreamTrack): Promise<void> {
    await offered.replace(track);
    this.#track = track;
  }

  async #mute(offered: Offered, muted: boolean): Promise<void> {
    await offered.setMuted(muted);
    this.#muted = muted;
  }

  async #withdraw(offered: Offered): Promise<void> {
    this.#offered = undefined;
    this.#track = undefined;
    await offered.withdraw();
  }
}
