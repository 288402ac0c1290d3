/** This page and one other page: the link for signaling, the leg for media, and their recovery, with the timers that feed it. */
import type { Clock } from "../clock";
import { Emitter } from "../emitter";
import type { JsonObject } from "../json";
import { EMPTY_HISTORY, type History, withSample } from "../stats/history";
import { type Sample, sampleOf } from "../stats/sample";
import { type ControlMessage, type PeerState, parsePeerState } from "./control";
import { Leg, type LegOptions } from "./leg";
import { type Hello, Link } from "./link";
import { Recovery } from "./recovery";

const SAMPLE_MS = 250;
const HISTORY_MS = 1000;
const PULSE_MS = 500;

export interface PairEvents {
  /** State, tracks or the remote's state changed. */
  changed: undefined;
  history: History;
  message: ControlMessage;
  channel: RTCDataChannel;
  /** Is signaling still alive? Ask, and say so by `handleSignalingTrusted`. */
  suspectSignaling: undefined;
  /** Messages are missing: greet again. */
  gap: undefined;
  /** The other page has closed the connection. */
  closed: undefined;
  /** Start anew with a new instance. */
  failed: string;
}

export interface PairOptions extends Omit<LegOptions, "send"> {
  localInstance: string;
  hello: Hello;
  clock: Clock;
  transmit(payload: JsonObject): void;
  localState(): PeerState;
}

export class Pair {
  readonly events = new Emitter<PairEvents>();
  readonly link: Link;
  readonly leg: Leg;
  readonly #options: PairOptions;
  readonly #recovery: Recovery;
  #remote: PeerState;
  #history: History = EMPTY_HISTORY;
  #candidate: PeerState["candidate"];
  #connectedOnce = false;
  #wasFlowing = false;
  #cancelTimers: (() => void)[] = [];
  #closed = false;

  constructor(options: PairOptions) {
    this.#options = options;
    this.#remote = parsePeerState(options.hello.about);
    this.#recovery = new Recovery(options.clock.now());
    this.link = new Link(options.localInstance, options.hello.instance, options.transmit);
    this.leg = new Leg({
      ...options,
      send: (body) => {
        if (!this.link.send(body)) this.events.emit("failed", "too many messages without an answer");
      },
    });
    this.#listen();
    this.#every(SAMPLE_MS, () => void this.#takeSample());
    this.#every(PULSE_MS, () => this.leg.sendControl({ kind: "pulse" }));
  }

  get remote(): PeerState {
    return this.#remote;
  }

  get connectedOnce(): boolean {
    return this.#connectedOnce;
  }

  get flowing(): boolean {
    return this.#recovery.flowing;
  }

  get brokenSince(): number | undefined {
    return this.#recovery.brokenSince;
  }

  get history(): History {
    return this.#history;
  }

  /** What kind of candidate we send from, for the other page's panel. */
  get candidate(): PeerState["candidate"] {
    return this.#candidate;
  }

  handleHello(hello: Hello): void {
    this.#remote = parsePeerState(hello.about);
    this.link.handleHello(hello);
    this.events.emit("changed", undefined);
  }

  handleSignal(payload: JsonObject): void {
    const body = this.link.handleSignal(payload);
    if (body === "gap") this.events.emit("gap", undefined);
    else if (body) this.leg.handleSignal(body);
  }

  handleNetworkChange(): void {
    this.#recovery.handleNetworkChange(this.#options.clock.now());
    this.#act();
  }

  handleSignalingTrusted(): void {
    this.#recovery.handleSignalingTrusted(this.#options.clock.now());
    this.#act();
  }

  handleSignalingDoubted(): void {
    this.#recovery.handleSignalingDoubted();
  }

  sendState(): void {
    this.leg.sendControl({ kind: "state", state: this.#options.localState() });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cancel of this.#cancelTimers) cancel();
    this.events.clear();
    this.leg.close();
  }

  #listen(): void {
    this.leg.events.on("iceState", (state) => {
      if (state === "connected" || state === "completed") this.#connectedOnce = true;
      this.#recovery.handleIceState(this.#options.clock.now(), state);
      this.#act();
      this.events.emit("changed", undefined);
    });
    // Media is negotiated once; whatever is offered after the first connection is an ICE restart.
    this.leg.events.on("offered", () => {
      if (this.#connectedOnce) this.#recovery.handleRemoteRestart(this.#options.clock.now());
    });
    this.leg.events.on("control", (state) => {
      if (state === "open") this.sendState();
      else this.events.emit("closed", undefined);
      this.events.emit("changed", undefined);
    });
    this.leg.events.on("message", (message) => {
      if (message.kind === "state") {
        this.#remote = message.state;
        this.events.emit("changed", undefined);
      } else if (message.kind !== "pulse") this.events.emit("message", message);
    });
    this.leg.events.on("channel", (channel) => this.events.emit("channel", channel));
    this.leg.events.on("failed", (reason) => this.events.emit("failed", reason));
  }

  async #takeSample(): Promise<void> {
    const report = await this.leg.stats();
    if (this.#closed) return;
    const now = this.#options.clock.now();
    const sample = sampleOf(report.values(), now);
    this.#recovery.handleSample(now, sample.packetsReceived, this.#remote.hidden);
    this.#act();
    this.#noteCandidate(sample);
    if (
      this.#connectedOnce &&
      now - (this.#history.last?.at ?? Number.NEGATIVE_INFINITY) >= HISTORY_MS - 50
    ) {
      this.#history = withSample(this.#history, sample, this.#remote.candidate);
      this.events.emit("history", this.#history);
    }
    if (this.flowing !== this.#wasFlowing) {
      this.#wasFlowing = this.flowing;
      if (this.flowing) void this.leg.refreshPicture();
      this.events.emit("changed", undefined);
    }
  }

  #noteCandidate(sample: Sample): void {
    const type = sample.local?.type;
    if (type !== "host" && type !== "srflx" && type !== "prflx" && type !== "relay") return;
    if (type === this.#candidate) return;
    this.#candidate = type;
    this.sendState();
  }

  #act(): void {
    for (;;) {
      const action = this.#recovery.poll();
      if (!action || this.#closed) return;
      if (action === "restartIce") this.leg.restartIce();
      else this.events.emit("suspectSignaling", undefined);
    }
  }

  #every(ms: number, run: () => void): void {
    const index = this.#cancelTimers.length;
    const again = (): void => {
      run();
      if (!this.#closed) this.#cancelTimers[index] = this.#options.clock.after(ms, again);
    };
    this.#cancelTimers.push(this.#options.clock.after(ms, again));
  }
}
