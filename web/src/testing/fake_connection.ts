/** The signaling state machine of RTCPeerConnection (W3C WebRTC §4.4.1), with words in place of SDP. */
export class FakeConnection extends EventTarget {
  signalingState: RTCSignalingState = "stable";
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  rejectCandidates = false;
  rejectDescriptions = false;
  slowMs = 0;
  readonly calls: string[] = [];
  readonly #name: string;
  #offers = 0;

  constructor(name: string) {
    super();
    this.#name = name;
  }

  get remote(): string | undefined {
    return this.remoteDescription?.sdp;
  }

  /** Something has changed that has to be negotiated. */
  need(): void {
    this.dispatchEvent(new Event("negotiationneeded"));
  }

  async setLocalDescription(): Promise<void> {
    await this.#work("setLocal");
    if (this.signalingState === "have-remote-offer") {
      this.localDescription = { type: "answer", sdp: `answer ${this.#name}` };
      this.signalingState = "stable";
    } else {
      this.localDescription = { type: "offer", sdp: `offer ${this.#name} ${++this.#offers}` };
      this.signalingState = "have-local-offer";
    }
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    await this.#work("setRemote");
    if (this.rejectDescriptions) throw new DOMException("not understood", "InvalidAccessError");
    const expected = description.type === "answer" ? ["have-local-offer"] : ["stable", "have-local-offer"];
    if (!expected.includes(this.signalingState)) throw new DOMException("wrong state", "InvalidStateError");
    this.remoteDescription = description;
    this.signalingState = description.type === "answer" ? "stable" : "have-remote-offer";
  }

  async addIceCandidate(): Promise<void> {
    await this.#work("candidate");
    if (this.rejectCandidates) throw new DOMException("unknown ufrag", "OperationError");
  }

  async #work(name: string): Promise<void> {
    await new Promise((next) => setTimeout(next, this.slowMs));
    this.calls.push(name);
  }
}
