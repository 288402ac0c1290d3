/** Who else is in the room, as the door tells it, and whether there is a place for us: a call is for two. */

export type PresenceState = "none" | "present" | "left";
/** `moved`: the one we talked to is gone, and somebody else is there. */
export type PeersOutcome = "full" | "moved" | "same";

export class Presence {
  #peerId: string | undefined;
  #state: PresenceState = "none";
  #gone = false;
  #full = false;
  #greet: string[] = [];
  /** Our role as first told. It stays for the life of the page, so that both pages compute the same roles from it. */
  readonly #politeByPeer = new Map<string, boolean>();

  get state(): PresenceState {
    return this.#state;
  }

  get full(): boolean {
    return this.#full;
  }

  /** The door says that the other one has left; the connection may say otherwise. */
  get gone(): boolean {
    return this.#gone;
  }

  /** `polite`: true when these have come to us, false when we have come to them. */
  handlePeers(peerIds: readonly string[], polite: boolean): PeersOutcome {
    if (!polite) return this.#handleList(peerIds);
    for (const peerId of peerIds) if (this.accepts(peerId)) this.#meet(peerId, true);
    return "same";
  }

  handleGone(peerId: string): boolean {
    if (peerId !== this.#peerId || this.#state !== "present") return false;
    this.#gone = true;
    return true;
  }

  handleLeft(): void {
    this.#state = "left";
    this.#gone = false;
  }

  handleHello(peerId: string, theirs: boolean): void {
    if (!this.#politeByPeer.has(peerId)) this.#politeByPeer.set(peerId, !theirs);
    this.#peerId = peerId;
    this.#state = "present";
    this.#gone = false;
  }

  /** Whether to listen to this peer: the one we talk to, or anybody when we talk to nobody. */
  accepts(peerId: string): boolean {
    return this.#state !== "present" || this.#gone || peerId === this.#peerId;
  }

  politeTo(peerId: string): boolean {
    return this.#politeByPeer.get(peerId) ?? true;
  }

  /** Those to whom a greeting is due. */
  toGreet(): string[] {
    return this.#greet.splice(0);
  }

  #handleList(peerIds: readonly string[]): PeersOutcome {
    const ours = this.#state === "present" && this.#peerId !== undefined && peerIds.includes(this.#peerId);
    if (peerIds.length > 1 && !ours) {
      this.#full = true;
      return "full";
    }
    const other = ours ? this.#peerId : peerIds[0];
    if (other === undefined) {
      if (this.#state === "present") this.#gone = true;
      return "same";
    }
    const moved = this.#state === "present" && other !== this.#peerId;
    this.#meet(other, false);
    return moved ? "moved" : "same";
  }

  #meet(peerId: string, polite: boolean): void {
    if (!this.#politeByPeer.has(peerId)) {
      // A room sees few people; somebody who comes with ever new names must not fill the memory.
      if (this.#politeByPeer.size > 200) this.#politeByPeer.clear();
      this.#politeByPeer.set(peerId, polite);
    }
    this.#peerId = peerId;
    this.#state = "present";
    this.#gone = false;
    this.#greet.push(peerId);
  }
}
