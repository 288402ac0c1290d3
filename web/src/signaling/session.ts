/**
 * One signaling session: a place in a room that outlives its WebSockets. It reconnects for ever, and when the network is in
 * doubt it asks the old connection and opens a new one at the same time; whichever answers first carries on.
 */
import type { Clock } from "../clock";
import { Emitter } from "../emitter";
import type { JsonObject } from "../json";
import { attemptAfter } from "./backoff";
import { Connection, type ConnectionEnd } from "./connection";
import type { ServerFrame } from "./frames";
import type { OpenSocket } from "./socket";

/** A connection that does not answer a ping for so long is taken for dead. */
export const PING_TIMEOUT_MS = 700;
/** A connection that was given up stays open for so long after its successor is ready: an earlier close would tell the others that we left. */
const RETIRE_MS = 2000;

export interface SessionEvents {
  /** Registered with the door, for the first time or again. */
  online: undefined;
  /** The connection was in doubt and has answered. */
  proven: undefined;
  /** No connection since `since` (clock time); reconnecting. */
  offline: { since: number };
  peers: { peerIds: string[]; polite: boolean };
  gone: { peerId: string };
  message: { from: string; payload: JsonObject };
  iceServers: RTCIceServer[];
  /** Another page took this place; or the token is not accepted. The session is over. */
  ended: { reason: "replaced" | "refused" };
}

export interface SessionOptions {
  url: string;
  peerId: string;
  token(): string;
  /** After the door has refused the token. `later`: it could not be asked; `never`: there is no other token. */
  renewToken(): Promise<"renewed" | "later" | "never">;
  clock: Clock;
  openSocket: OpenSocket;
  random(): number;
}

export class Session {
  readonly events = new Emitter<SessionEvents>();
  readonly #options: SessionOptions;
  #active: Connection | undefined;
  #candidate: Connection | undefined;
  #retired: Connection | undefined;
  #failures = 0;
  #offlineSince: number | undefined;
  #cancelAttempt: (() => void) | undefined;
  #cancelPing: (() => void) | undefined;
  #pingNumber = 0;
  #renewing = false;
  #stopped = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get online(): boolean {
    return this.#active !== undefined;
  }

  /** Registered, and not waiting for a ping's answer. */
  get trusted(): boolean {
    return this.online && this.#cancelPing === undefined;
  }

  start(): void {
    this.#connect();
  }

  /** Leaves the room; the others see it at once. */
  stop(): void {
    this.#stopped = true;
    this.#cancelAttempt?.();
    this.#clearPing();
    for (const connection of [this.#candidate, this.#active, this.#retired]) connection?.close();
    this.#active = undefined;
    this.events.clear();
  }

  send(target: string, payload: JsonObject): void {
    this.#active?.send("messageOne", { from: this.#options.peerId, target, payload });
  }

  /** The network may have changed: find out at once whether the connection still works, and reconnect if not. */
  suspect(): void {
    if (this.#stopped || this.#renewing) return;
    if (!this.#active) return this.#connectAfresh();
    if (this.#cancelPing) {
      if (!this.#candidate) this.#connectAfresh();
      return;
    }
    const number = ++this.#pingNumber;
    const askedAt = this.#options.clock.now();
    this.#cancelPing = this.#options.clock.after(PING_TIMEOUT_MS, () => {
      this.#cancelPing = undefined;
      this.#loseActive(askedAt);
    });
    this.#active.send("ping", number);
    if (!this.#candidate) this.#connect();
  }

  #connectAfresh(): void {
    this.#candidate?.close();
    this.#candidate = undefined;
    this.#failures = 0;
    this.#cancelAttempt?.();
    this.#connect();
  }

  #connect(): void {
    if (this.#stopped) return;
    const { timeoutMs } = attemptAfter(this.#failures, this.#options.random());
    const connection: Connection = new Connection({
      url: this.#options.url,
      token: this.#options.token(),
      timeoutMs,
      clock: this.#options.clock,
      openSocket: this.#options.openSocket,
      authenticated: () => this.#promote(connection),
      frame: (frame) => this.#handleFrame(connection, frame),
      ended: (reason) => this.#handleEnd(connection, reason),
    });
    this.#candidate = connection;
  }

  /** The new connection is up while the old one, if any, has not answered: it takes over. */
  #promote(connection: Connection): void {
    if (this.#candidate !== connection) return connection.close();
    this.#candidate = undefined;
    this.#clearPing();
    this.#retire();
    this.#active = connection;
    this.#failures = 0;
    this.#offlineSince = undefined;
    connection.send("ready", { peerId: this.#options.peerId, peerType: "moim-web" });
    this.events.emit("online", undefined);
    const retired = this.#retired;
    if (retired) this.#options.clock.after(RETIRE_MS, () => retired.close());
  }

  #retire(): void {
    if (!this.#active) return;
    this.#retired?.close();
    this.#active.silence();
    this.#retired = this.#active;
    this.#active = undefined;
  }

  #handleFrame(connection: Connection, frame: ServerFrame): void {
    if (connection !== this.#active) return;
    switch (frame.event) {
      case "pong":
        return this.#handlePong(frame.data);
      case "iceServers":
        return this.events.emit("iceServers", frame.servers);
      case "open":
        return this.events.emit("peers", { peerIds: frame.peerIds, polite: frame.polite });
      case "close":
        return this.events.emit("gone", { peerId: frame.peerId });
      case "peer":
        return this.events.emit("message", { from: frame.from, payload: frame.payload });
      default:
        return;
    }
  }

  #handlePong(data: unknown): void {
    if (data !== this.#pingNumber || !this.#cancelPing) return;
    this.#clearPing();
    this.#candidate?.close();
    this.#candidate = undefined;
    this.#cancelAttempt?.();
    this.events.emit("proven", undefined);
  }

  #handleEnd(connection: Connection, reason: ConnectionEnd): void {
    if (reason === "replaced") return this.#finish("replaced");
    if (reason === "refused" || reason === "taken") {
      this.#forget(connection);
      return void this.#renew();
    }
    if (connection === this.#active) return this.#loseActive(this.#options.clock.now());
    if (connection !== this.#candidate) return;
    this.#candidate = undefined;
    this.#failures += 1;
    if (!this.trusted) this.#scheduleAttempt();
  }

  #loseActive(since: number): void {
    this.#clearPing();
    this.#retire();
    this.#offlineSince ??= since;
    this.events.emit("offline", { since: this.#offlineSince });
    if (!this.#candidate) this.#scheduleAttempt();
  }

  #scheduleAttempt(): void {
    const { delayMs } = attemptAfter(this.#failures, this.#options.random());
    this.#cancelAttempt?.();
    this.#cancelAttempt = this.#options.clock.after(delayMs, () => {
      if (!this.#candidate) this.#connect();
    });
  }

  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    const renewed = await this.#options.renewToken();
    this.#renewing = false;
    if (this.#stopped) return;
    if (renewed === "never") return this.#finish("refused");
    this.#failures += 1;
    this.#scheduleAttempt();
  }

  #forget(connection: Connection): void {
    if (connection === this.#candidate) this.#candidate = undefined;
    if (connection !== this.#active) return;
    this.#active = undefined;
    this.#offlineSince ??= this.#options.clock.now();
    this.events.emit("offline", { since: this.#offlineSince });
  }

  #finish(reason: "replaced" | "refused"): void {
    this.events.emit("ended", { reason });
    this.stop();
  }

  #clearPing(): void {
    this.#cancelPing?.();
    this.#cancelPing = undefined;
  }
}
