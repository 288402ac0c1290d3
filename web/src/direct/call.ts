/**
 * One call in one room, for two people. It only routes between its parts: the session at the door, the pair of pages, the
 * local media, the conversation and the files.
 */
import { Conversation } from "../chat/conversation";
import type { Clock } from "../clock";
import { Emitter } from "../emitter";
import { Transfers } from "../files/transfers";
import type { JsonObject } from "../json";
import type { LocalMedia } from "../media/local_media";
import { refreshDelayMs } from "../signaling/ice_servers";
import type { Session } from "../signaling/session";
import { EMPTY_HISTORY, type History } from "../stats/history";
import type { ControlMessage, PeerState } from "./control";
import { HELLO, isPolite, parseHello, SIGNAL } from "./link";
import { Pair } from "./pair";
import { Presence } from "./presence";
import { type CallStatus, statusOf } from "./status";

export interface CallSnapshot {
  status: CallStatus;
  /** The last known state of the other page; `undefined` before anybody came. */
  remote: PeerState | undefined;
  remoteStream: MediaStream | undefined;
  /** Chat and files can be sent now. */
  reachable: boolean;
}

export interface CallEvents {
  changed: CallSnapshot;
  history: History;
  ended: "replaced" | "refused";
}

export interface CallOptions {
  name: string;
  session: Session;
  media: LocalMedia;
  clock: Clock;
  wallClock(): number;
  newId(): string;
  freshIceServers(): Promise<RTCIceServer[] | undefined>;
  createConnection(configuration: RTCConfiguration): RTCPeerConnection;
}

/** The door sends ICE servers right after the list of peers; without them a call may still work on one network. */
const ICE_SERVERS_WAIT_MS = 1500;
const REFRESH_RETRY_MS = 60_000;
/** Somebody who is gone from the door and of whom nothing arrives any more has left. */
const GONE_MS = 3000;
const MAX_REBUILDS = 5;
/** Nobody reloads more often; a page that pretends to must not cost us a connection each time. */
const MAX_PAIRS = 10;
const MAX_PAIRS_WITHIN_MS = 10_000;

export class Call {
  readonly events = new Emitter<CallEvents>();
  readonly conversation: Conversation;
  readonly transfers: Transfers;
  readonly #options: CallOptions;
  readonly #presence = new Presence();
  #instance: string;
  #pair: Pair | undefined;
  #iceServers: RTCIceServer[] | undefined;
  #waitingHello: { from: string; payload: JsonObject } | undefined;
  #remote: PeerState | undefined;
  #offlineSince: number | undefined;
  #hidden = false;
  #rebuilds = 0;
  #pairsStartedAt: number[] = [];
  #cancelRefresh: (() => void) | undefined;
  #stopListening: (() => void)[] = [];
  #over = false;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#instance = options.newId();
    this.conversation = new Conversation((message) => this.#sendControl(message), options.newId);
    this.transfers = new Transfers({
      send: (message) => this.#sendControl(message),
      openChannel: (label) => this.#pair?.leg.openChannel(label),
      maxMessageBytes: () => this.#pair?.leg.maxMessageBytes ?? 0,
      newId: options.newId,
      wallClock: options.wallClock,
      clock: options.clock,
    });
  }

  start(): void {
    const { session, media } = this.#options;
    const on = session.events;
    this.#stopListening = [
      on.on("online", () => this.#handleOnline()),
      on.on("proven", () => this.#pair?.handleSignalingTrusted()),
      on.on("offline", ({ since }) => this.#handleOffline(since)),
      on.on("peers", ({ peerIds, polite }) => this.#handlePeers(peerIds, polite)),
      on.on("gone", ({ peerId }) => this.#handleGone(peerId)),
      on.on("message", ({ from, payload }) => this.#handleMessage(from, payload)),
      on.on("iceServers", (servers) => this.#handleIceServers(servers)),
      on.on("ended", ({ reason }) => this.#handleEnded(reason)),
      media.events.on("changed", () => this.#handleMediaChanged()),
    ];
    session.start();
    this.#options.clock.after(ICE_SERVERS_WAIT_MS, () => this.#iceServers ?? this.#handleIceServers([]));
    this.#changed();
  }

  get snapshot(): CallSnapshot {
    const pair = this.#pair;
    const status = statusOf({
      full: this.#presence.full,
      online: this.#options.session.online,
      offlineSince: this.#offlineSince,
      remote: this.#presence.state,
      connectedOnce: pair?.connectedOnce ?? false,
      flowing: pair?.flowing ?? false,
      brokenSince: pair?.brokenSince,
    });
    return {
      status,
      remote: this.#remote,
      remoteStream: pair?.leg.remoteStream,
      reachable: pair?.leg.controlOpen ?? false,
    };
  }

  get history(): History {
    return this.#pair?.history ?? EMPTY_HISTORY;
  }

  dtmfSender(): RTCDTMFSender | null {
    return this.#pair?.leg.dtmfSender() ?? null;
  }

  handleNetworkChange(): void {
    if (this.#pair) this.#pair.handleNetworkChange();
    else this.#options.session.suspect();
  }

  handleHidden(hidden: boolean): void {
    this.#hidden = hidden;
    this.#pair?.sendState();
    // Timers may have slept: ask at once instead of finding out later.
    if (!hidden) this.#options.session.suspect();
  }

  /** Says goodbye and gives everything up. Devices stay open: they belong to the page. */
  leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#sendControl({ kind: "bye" });
    for (const stop of this.#stopListening) stop();
    this.#cancelRefresh?.();
    this.#options.session.stop();
    this.transfers.close();
    this.#pair?.close();
    this.#pair = undefined;
    this.events.clear();
  }

  #handleOnline(): void {
    this.#offlineSince = undefined;
    this.#pair?.handleSignalingTrusted();
    this.#changed();
  }

  #handleOffline(since: number): void {
    this.#offlineSince = since;
    this.#pair?.handleSignalingDoubted();
    this.#changed();
  }

  #handlePeers(peerIds: string[], polite: boolean): void {
    const outcome = this.#presence.handlePeers(peerIds, polite);
    if (outcome === "full") this.#options.session.stop();
    else if (outcome === "moved") this.#dropPair();
    for (const peerId of this.#presence.toGreet()) this.#greet(peerId);
    this.#changed();
  }

  #handleGone(peerId: string): void {
    if (!this.#presence.handleGone(peerId)) return;
    this.#leaveIfGone();
    this.#changed();
  }

  /** The door's word alone is not enough: a call goes on without the door. */
  #leaveIfGone(): void {
    if (!this.#presence.gone) return;
    const pair = this.#pair;
    const { clock } = this.#options;
    const silent = !pair?.flowing && clock.now() - (pair?.brokenSince ?? Number.NEGATIVE_INFINITY) >= GONE_MS;
    if (!pair?.connectedOnce || !pair.leg.controlOpen || silent) return this.#handleLeft();
    clock.after(500, () => !this.#over && this.#leaveIfGone());
  }

  #handleLeft(): void {
    this.#presence.handleLeft();
    this.#dropPair();
    this.#changed();
  }

  #handleMessage(from: string, payload: JsonObject): void {
    if (!this.#presence.accepts(from)) return;
    if (payload["action"] === HELLO) this.#handleHello(from, payload);
    else if (payload["action"] === SIGNAL) this.#pair?.handleSignal(payload);
  }

  #handleHello(from: string, payload: JsonObject): void {
    const hello = parseHello(payload);
    if (!hello) return;
    if (!this.#iceServers) {
      this.#waitingHello = { from, payload };
      return;
    }
    const anew = this.#pair?.link.remote !== hello.instance;
    if (anew && !this.#mayStartPair()) return;
    this.#presence.handleHello(from, hello.polite);
    if (!this.#pair || anew) {
      this.#pair?.close();
      if (this.#pair) this.transfers.handleDisconnected();
      this.#pair = this.#startPair(from, hello);
    } else this.#pair.handleHello(hello);
    if (hello.to !== this.#instance) this.#greet(from);
    this.#remote = this.#pair.remote;
    this.#changed();
  }

  #mayStartPair(): boolean {
    const now = this.#options.clock.now();
    this.#pairsStartedAt = this.#pairsStartedAt.filter((at) => now - at < MAX_PAIRS_WITHIN_MS);
    if (this.#pairsStartedAt.length >= MAX_PAIRS) return false;
    this.#pairsStartedAt.push(now);
    return true;
  }

  #startPair(from: string, hello: NonNullable<ReturnType<typeof parseHello>>): Pair {
    const { clock, media, session, createConnection } = this.#options;
    const mine = { instance: this.#instance, polite: this.#presence.politeTo(from) };
    const pair = new Pair({
      localInstance: this.#instance,
      hello,
      clock,
      polite: isPolite(mine, hello),
      iceServers: this.#iceServers ?? [],
      createConnection,
      transmit: (payload) => session.send(from, payload),
      tracks: () => ({ audio: media.audioTrack, video: media.videoTrack }),
      localState: () => this.#localState(),
    });
    pair.events.on("changed", () => {
      this.#remote = pair.remote;
      if (pair.flowing) this.#rebuilds = 0;
      this.#changed();
    });
    pair.events.on("history", (history) => this.events.emit("history", history));
    pair.events.on("message", (message) => this.#handleControl(message));
    pair.events.on("channel", (channel) => void this.transfers.handleChannel(channel));
    pair.events.on("suspectSignaling", () => session.suspect());
    pair.events.on("gap", () => this.#greet(from));
    pair.events.on("closed", () => this.#leaveIfGone());
    pair.events.on("failed", () => this.#rebuild(from));
    return pair;
  }

  /** Gives the pair up and greets with a new instance, so that the other page starts anew as well. */
  #rebuild(from: string): void {
    if (++this.#rebuilds > MAX_REBUILDS) return;
    this.#dropPair();
    this.#greet(from);
    this.#changed();
  }

  #dropPair(): void {
    if (!this.#pair) return;
    this.#pair.close();
    this.#pair = undefined;
    this.#instance = this.#options.newId();
    this.transfers.handleDisconnected();
    this.events.emit("history", EMPTY_HISTORY);
  }

  #greet(peerId: string): void {
    const { link } = this.#pair ?? {};
    this.#options.session.send(peerId, {
      action: HELLO,
      instance: this.#instance,
      to: link?.remote ?? "",
      polite: this.#presence.politeTo(peerId),
      received: link?.received ?? 0,
      about: { ...this.#localState() },
    });
  }

  #handleControl(message: ControlMessage): void {
    if (message.kind === "bye") return this.#handleLeft();
    if (message.kind === "chat") {
      this.conversation.handleChat(message.id, message.text, this.#options.wallClock());
    } else this.transfers.handleMessage(message);
  }

  #sendControl(message: ControlMessage): boolean {
    return this.#pair?.leg.sendControl(message) ?? false;
  }

  #handleMediaChanged(): void {
    void this.#pair?.leg.updateTracks();
    this.#pair?.sendState();
    this.#changed();
  }

  #handleIceServers(servers: RTCIceServer[]): void {
    this.#iceServers = servers;
    this.#pair?.leg.setIceServers(servers);
    this.#cancelRefresh?.();
    const delay = refreshDelayMs(servers, this.#options.wallClock());
    this.#cancelRefresh = this.#options.clock.after(delay, () => void this.#refreshIceServers());
    const waiting = this.#waitingHello;
    this.#waitingHello = undefined;
    if (waiting) this.#handleMessage(waiting.from, waiting.payload);
  }

  async #refreshIceServers(): Promise<void> {
    const servers = await this.#options.freshIceServers();
    if (this.#over) return;
    if (servers) return this.#handleIceServers(servers);
    this.#cancelRefresh = this.#options.clock.after(REFRESH_RETRY_MS, () => void this.#refreshIceServers());
  }

  #handleEnded(reason: "replaced" | "refused"): void {
    this.events.emit("ended", reason);
    this.leave();
  }

  #localState(): PeerState {
    const { name, media } = this.#options;
    return {
      name,
      microphone: media.microphone,
      camera: media.cameraOn,
      screen: media.sharing,
      hidden: this.#hidden,
      candidate: this.#pair?.candidate,
    };
  }

  #changed(): void {
    if (!this.#over) this.events.emit("changed", this.snapshot);
  }
}
