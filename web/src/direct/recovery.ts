/**
 * Decides when a connection is in doubt and what to do about it. Fed with facts and the time; says what is wanted through
 * `poll()`. Reads no clock, holds no connection.
 *
 * The quickest honest sign of a dead path is that nothing arrives any more: sound comes 50 times a second, and the pages
 * exchange a pulse twice a second besides.
 */

export type RecoveryAction = "suspectSignaling" | "restartIce";

/** With sound arriving, silence for this long is a fault: 35 packets in a row. */
const STALL_WITH_SOUND_MS = 700;
/** With pulses only: three in a row. */
const STALL_WITH_PULSES_MS = 1700;
/** A hidden page's timers run once a second. */
const STALL_HIDDEN_MS = 3500;
const SOUND_PACKETS_PER_SECOND = 20;
/** How long a restart gets before the next one; the relay over TLS needs about six round trips. */
const RESTART_GAPS_MS = [2000, 3500, 6000, 10_000] as const;
/** The first connection may need consent prompts of a firewall, slow DNS and every kind of relay. */
const FIRST_CONNECT_MS = 10_000;

interface Arrival {
  at: number;
  packets: number;
}

export class Recovery {
  #actions: RecoveryAction[] = [];
  #packets = -1;
  #arrivals: Arrival[] = [];
  #progressAt: number;
  #connectedOnce = false;
  #iceBroken = false;
  #signalingTrusted = true;
  #restartWanted = false;
  #restarts = 0;
  #restartedAt: number;

  constructor(now: number) {
    this.#progressAt = now;
    this.#restartedAt = now;
  }

  /** What is wanted, oldest first; each is told once. */
  poll(): RecoveryAction | undefined {
    return this.#actions.shift();
  }

  /** Something has arrived within the limit, and ICE agrees. */
  get flowing(): boolean {
    return this.#connectedOnce && !this.#iceBroken && this.#stalledSince === undefined;
  }

  /** Since when nothing has arrived; `undefined` while it flows or before the first connection. */
  get brokenSince(): number | undefined {
    if (!this.#connectedOnce || this.flowing) return undefined;
    return this.#stalledSince ?? this.#progressAt;
  }

  #stalledSince: number | undefined;

  /** `packets`: all that the transport has ever received. */
  handleSample(now: number, packets: number, remoteHidden: boolean): void {
    if (packets !== this.#packets) {
      this.#packets = packets;
      this.#progressAt = now;
      this.#arrivals = [
        ...this.#arrivals.filter((arrival) => now - arrival.at <= 2000),
        { at: now, packets },
      ];
      if (this.#stalledSince !== undefined) this.#recovered();
      return this.#retry(now);
    }
    const limit = this.#limit(remoteHidden);
    if (this.#connectedOnce && this.#stalledSince === undefined && now - this.#progressAt >= limit) {
      this.#stalledSince = this.#progressAt;
      this.#doubtUnlessRestarting(now);
    }
    this.#retry(now);
  }

  handleIceState(now: number, state: RTCIceConnectionState): void {
    if (state === "connected" || state === "completed") {
      this.#connectedOnce = true;
      this.#iceBroken = false;
      this.#progressAt = Math.max(this.#progressAt, now);
      if (this.#stalledSince === undefined) this.#recovered();
    } else if (state === "disconnected" || state === "failed") {
      if (this.#iceBroken && state === "disconnected") return;
      this.#iceBroken = true;
      this.#doubtUnlessRestarting(now);
    }
    this.#retry(now);
  }

  /** The browser says that the network has changed. */
  handleNetworkChange(now: number): void {
    if (!this.#connectedOnce && now - this.#restartedAt < 500) return;
    this.#restarts = 0;
    this.#doubt();
    this.#retry(now);
  }

  /** Signaling has answered, or is registered again: now an offer will arrive. */
  handleSignalingTrusted(now: number): void {
    this.#signalingTrusted = true;
    if (!this.#restartWanted) return;
    this.#restart(now);
  }

  /** The other side has restarted ICE: that serves both. */
  handleRemoteRestart(now: number): void {
    this.#restartedAt = now;
    this.#restarts = Math.max(this.#restarts, 1);
  }

  handleSignalingDoubted(): void {
    this.#signalingTrusted = false;
  }

  #limit(remoteHidden: boolean): number {
    const first = this.#arrivals[0];
    const last = this.#arrivals.at(-1);
    if (first && last && last.at - first.at >= 400) {
      const perSecond = ((last.packets - first.packets) * 1000) / (last.at - first.at);
      if (perSecond >= SOUND_PACKETS_PER_SECOND) return STALL_WITH_SOUND_MS;
    }
    return remoteHidden ? STALL_HIDDEN_MS : STALL_WITH_PULSES_MS;
  }

  /**
   * A restart that is under way gets its time. After a change of network browsers may need two seconds to see the new
   * address, and then add it to the candidates; another restart would only make them check more pairs.
   */
  #doubtUnlessRestarting(now: number): void {
    if (this.#restarts === 0 || now - this.#restartedAt >= RESTART_GAPS_MS[0]) this.#doubt();
  }

  #doubt(): void {
    this.#restartWanted = true;
    this.#signalingTrusted = false;
    this.#actions.push("suspectSignaling");
  }

  #restart(now: number): void {
    this.#restartWanted = false;
    this.#restartedAt = now;
    this.#restarts += 1;
    this.#actions.push("restartIce");
  }

  /** A restart that has not helped is made again, with growing patience and through signaling that was tried anew. */
  #retry(now: number): void {
    if (this.#restartWanted || this.flowing || !this.#signalingTrusted) return;
    const gap = this.#connectedOnce ? this.#restartGap() : FIRST_CONNECT_MS;
    if (now - this.#restartedAt >= gap) this.#doubt();
  }

  #restartGap(): number {
    return RESTART_GAPS_MS[Math.max(this.#restarts - 1, 0)] ?? RESTART_GAPS_MS[3];
  }

  #recovered(): void {
    this.#stalledSince = undefined;
    // Old arrivals would measure the rate across the gap.
    this.#arrivals = this.#arrivals.slice(-1);
    if (this.#iceBroken) return;
    this.#restarts = 0;
    this.#restartWanted = false;
  }
}
