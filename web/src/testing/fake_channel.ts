/** One end of a data channel whose other end is in the same process. Only what file transfer uses. */
export class FakeChannel extends EventTarget {
  /** While true, nothing leaves the buffers of any channel. */
  static stalled = false;

  readonly label: string;
  readyState: RTCDataChannelState = "open";
  binaryType: BinaryType = "arraybuffer";
  bufferedAmountLowThreshold = 0;
  bufferedAmount = 0;
  #other: FakeChannel | undefined;
  #waiting: (string | ArrayBuffer)[] = [];
  readonly #tamper: (data: string | ArrayBuffer) => string | ArrayBuffer;

  private constructor(label: string, tamper: (data: string | ArrayBuffer) => string | ArrayBuffer) {
    super();
    this.label = label;
    this.#tamper = tamper;
  }

  static pair(
    label: string,
    tamper: (data: string | ArrayBuffer) => string | ArrayBuffer,
  ): [FakeChannel, FakeChannel] {
    const one = new FakeChannel(label, tamper);
    const two = new FakeChannel(label, tamper);
    one.#other = two;
    two.#other = one;
    return [one, two];
  }

  send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== "open") throw new Error("the channel is closed");
    const copy = typeof data === "string" ? data : new Uint8Array(data).slice().buffer;
    this.#waiting.push(this.#tamper(copy));
    this.bufferedAmount += typeof copy === "string" ? copy.length : copy.byteLength;
    setTimeout(() => this.drain(), 0);
  }

  drain(): void {
    if (FakeChannel.stalled || this.readyState !== "open") return;
    for (const data of this.#waiting.splice(0))
      this.#other?.dispatchEvent(new MessageEvent("message", { data }));
    this.bufferedAmount = 0;
    this.dispatchEvent(new Event("bufferedamountlow"));
  }

  close(): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this.dispatchEvent(new Event("close"));
    this.#other?.close();
  }
}
