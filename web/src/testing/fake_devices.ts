/** Cameras, microphones and a screen that can be refused, missing or slow. */
export class FakeTrack extends EventTarget {
  readonly kind: string;
  readonly deviceId: string;
  enabled = true;
  contentHint = "";
  readyState: "live" | "ended" = "live";

  constructor(kind: string, deviceId: string) {
    super();
    this.kind = kind;
    this.deviceId = deviceId;
  }

  getSettings(): { deviceId: string } {
    return { deviceId: this.deviceId };
  }

  stop(): void {
    this.readyState = "ended";
  }

  /** The device goes away, or the browser's own "stop sharing" is pressed. */
  end(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

interface Wanted {
  deviceId?: { exact: string };
}

export class FakeDevices {
  readonly asked: unknown[] = [];
  readonly made: FakeTrack[] = [];
  readonly unknownIds = new Set<string>();
  refuse: { audio?: string; video?: string; display?: string } = {};

  async getUserMedia(constraints: { audio?: Wanted; video?: Wanted }): Promise<unknown> {
    this.asked.push(constraints);
    const kinds = (["audio", "video"] as const).filter((kind) => constraints[kind] !== undefined);
    for (const kind of kinds) this.#check(this.refuse[kind], constraints[kind]?.deviceId?.exact);
    const slow = kinds.some((kind) => constraints[kind]?.deviceId?.exact === "slow");
    await new Promise((next) => setTimeout(next, slow ? 30 : 1));
    return this.#stream(kinds.map((kind) => this.#track(kind, constraints[kind]?.deviceId?.exact ?? "any")));
  }

  async getDisplayMedia(): Promise<unknown> {
    this.#check(this.refuse.display, undefined);
    return this.#stream([this.#track("video", "screen")]);
  }

  #check(refusal: string | undefined, id: string | undefined): void {
    if (refusal) throw new DOMException("refused", refusal);
    if (id !== undefined && this.unknownIds.has(id))
      throw new DOMException("unknown device", "OverconstrainedError");
  }

  #track(kind: string, id: string): FakeTrack {
    const track = new FakeTrack(kind, id);
    this.made.push(track);
    return track;
  }

  #stream(tracks: FakeTrack[]): unknown {
    return {
      getTracks: () => tracks,
      getVideoTracks: () => tracks.filter((track) => track.kind === "video"),
    };
  }
}
