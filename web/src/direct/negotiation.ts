/**
 * Perfect negotiation (W3C WebRTC, "perfect negotiation example") over one RTCPeerConnection. Incoming messages are worked off
 * one after the other; the impolite side makes the first offer.
 */
import { isObject, type JsonObject, stringOr } from "../json";

export interface NegotiationOptions {
  pc: RTCPeerConnection;
  polite: boolean;
  send(body: JsonObject): void;
  /** Before the first answer: give our tracks to the transceivers that the offer has made. */
  beforeAnswer(): Promise<void>;
  /** The other side's description cannot be used. */
  failed(reason: string): void;
}

const MAX_SDP_CHARS = 48 * 1024;

export class Negotiation {
  readonly #options: NegotiationOptions;
  #makingOffer = false;
  #settingAnswer = false;
  #ignoringOffer = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: NegotiationOptions) {
    this.#options = options;
    const { pc } = options;
    pc.addEventListener("negotiationneeded", () => void this.#offer());
    pc.addEventListener("icecandidate", (event) => {
      // The end of candidates is told as `null`, which every browser takes.
      options.send({ candidate: event.candidate ? { ...event.candidate.toJSON() } : null });
    });
  }

  handle(body: JsonObject): void {
    this.#queue = this.#queue
      .then(() => this.#handle(body))
      .catch((error: unknown) => {
        this.#options.failed(error instanceof Error ? error.message : String(error));
      });
  }

  async #offer(): Promise<void> {
    const { pc, polite } = this.#options;
    // Both sides prepare at the same time: the polite one waits for the first offer instead of crossing it.
    if (polite && !pc.remoteDescription) return;
    try {
      this.#makingOffer = true;
      await pc.setLocalDescription();
      this.#sendDescription();
    } catch (error) {
      if (pc.signalingState !== "closed") this.#options.failed(String(error));
    } finally {
      this.#makingOffer = false;
    }
  }

  async #handle(body: JsonObject): Promise<void> {
    if (this.#options.pc.signalingState === "closed") return;
    const description = parseDescription(body["description"]);
    if (description) return this.#handleDescription(description);
    if ("candidate" in body) return this.#handleCandidate(body["candidate"]);
  }

  async #handleDescription(description: RTCSessionDescriptionInit): Promise<void> {
    const { pc, polite } = this.#options;
    const ready = !this.#makingOffer && (pc.signalingState === "stable" || this.#settingAnswer);
    const collision = description.type === "offer" && !ready;
    this.#ignoringOffer = !polite && collision;
    if (this.#ignoringOffer) return;
    // An answer to an offer that was rolled back has nothing to answer any more.
    if (description.type === "answer" && pc.signalingState !== "have-local-offer") return;
    this.#settingAnswer = description.type === "answer";
    try {
      await pc.setRemoteDescription(description);
    } finally {
      this.#settingAnswer = false;
    }
    if (description.type !== "offer") return;
    await this.#options.beforeAnswer();
    await pc.setLocalDescription();
    this.#sendDescription();
  }

  async #handleCandidate(value: unknown): Promise<void> {
    const { pc } = this.#options;
    try {
      if (isObject(value)) await pc.addIceCandidate(value as RTCIceCandidateInit);
      else await pc.addIceCandidate();
    } catch {
      // Candidates of an ignored offer, of an older generation, or of a kind this browser does not know: none of them is needed.
    }
  }

  #sendDescription(): void {
    const { localDescription } = this.#options.pc;
    if (!localDescription) return;
    this.#options.send({ description: { type: localDescription.type, sdp: localDescription.sdp } });
  }
}

function parseDescription(value: unknown): RTCSessionDescriptionInit | undefined {
  if (!isObject(value)) return undefined;
  const sdp = stringOr(value["sdp"], undefined, MAX_SDP_CHARS);
  const type = value["type"];
  if (sdp === undefined || (type !== "offer" && type !== "answer")) return undefined;
  return { type, sdp };
}
