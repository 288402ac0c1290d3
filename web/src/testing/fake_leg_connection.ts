/** As much of RTCPeerConnection as a leg uses: a control channel, ICE states, and statistics that grow until it is silenced. */
export class FakeControlChannel extends EventTarget {
  readyState: RTCDataChannelState = "open";
  readonly sent: unknown[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  /** The other page says something. */
  tell(message: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
}

export class FakeLegConnection extends EventTarget {
  readonly channel = new FakeControlChannel();
  closed = false;
  signalingState: RTCSignalingState = "stable";
  iceConnectionState: RTCIceConnectionState = "new";
  connectionState: RTCPeerConnectionState = "new";
  remoteDescription = null;
  restarts = 0;
  #packets = 0;
  #silent = false;

  createDataChannel(): FakeControlChannel {
    return this.channel;
  }

  addTransceiver(): void {}

  getTransceivers(): [] {
    return [];
  }

  getSenders(): [] {
    return [];
  }

  setConfiguration(): void {}

  restartIce(): void {
    this.restarts += 1;
  }

  async getStats(): Promise<Map<string, unknown>> {
    if (!this.#silent) this.#packets += 12;
    return new Map([["t", { id: "t", type: "transport", packetsReceived: this.#packets }]]);
  }

  connect(): void {
    this.iceConnectionState = "connected";
    this.dispatchEvent(new Event("iceconnectionstatechange"));
  }

  silence(): void {
    this.#silent = true;
  }

  close(): void {
    this.closed = true;
    this.signalingState = "closed";
  }
}
