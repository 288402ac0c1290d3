/** One leg: one RTCPeerConnection to the other page, with a sound and a picture each way, and the data channel `control`. */
import { Emitter } from "../emitter";
import type { JsonObject } from "../json";
import { type ControlMessage, encodeControl, parseControl } from "./control";
import { Negotiation } from "./negotiation";

export interface LegEvents {
  iceState: RTCIceConnectionState;
  /** The other side's offer was taken: a change of media, or of its way. */
  offered: undefined;
  /** Open for messages, or closed by the other side. */
  control: "open" | "closed";
  message: ControlMessage;
  /** The other side opened a data channel, for a file. */
  channel: RTCDataChannel;
  /** It cannot be saved by ICE restarts: the pair has to start anew. */
  failed: string;
}

export interface LegOptions {
  polite: boolean;
  iceServers: RTCIceServer[];
  createConnection(configuration: RTCConfiguration): RTCPeerConnection;
  send(body: JsonObject): void;
  tracks(): { audio: MediaStreamTrack | null; video: MediaStreamTrack | null };
}

const CONTROL_ID = 0;

export class Leg {
  readonly events = new Emitter<LegEvents>();
  /** What comes from the other side: one audio and one video track, once negotiated. */
  readonly remoteStream = new MediaStream();
  readonly #options: LegOptions;
  readonly #pc: RTCPeerConnection;
  readonly #control: RTCDataChannel;
  readonly #negotiation: Negotiation;

  constructor(options: LegOptions) {
    this.#options = options;
    this.#pc = options.createConnection(configurationWith(options.iceServers));
    this.#negotiation = new Negotiation({
      pc: this.#pc,
      polite: options.polite,
      send: (body) => options.send(body),
      beforeAnswer: () => this.#adoptTransceivers(),
      failed: (reason) => this.events.emit("failed", reason),
    });
    this.#listen();
    this.#control = this.#pc.createDataChannel("control", { negotiated: true, id: CONTROL_ID });
    this.#listenToControl(this.#control);
    if (!options.polite) this.#addTransceivers();
  }

  handleSignal(body: JsonObject): void {
    this.#negotiation.handle(body);
  }

  /** Puts the current tracks on their way; no negotiation is needed, as both directions are always open. */
  async updateTracks(): Promise<void> {
    const tracks = this.#options.tracks();
    await Promise.all(
      this.#pc.getTransceivers().map((transceiver) => {
        const track = transceiver.receiver.track.kind === "audio" ? tracks.audio : tracks.video;
        return transceiver.sender.track === track ? undefined : transceiver.sender.replaceTrack(track);
      }),
    );
  }

  /**
   * Sends a whole picture at once. After a break the other side could not decode anything else, and would ask for one only
   * after seconds (W3C WebRTC Extensions, `RTCEncodingOptions`; browsers without it ignore the second argument).
   */
  async refreshPicture(): Promise<void> {
    const senders = this.#pc.getSenders().filter((sender) => sender.track?.kind === "video");
    await Promise.all(senders.map((sender) => setParametersWithKeyFrame(sender).catch(() => undefined)));
  }

  restartIce(): void {
    this.#pc.restartIce();
  }

  setIceServers(iceServers: RTCIceServer[]): void {
    this.#pc.setConfiguration(configurationWith(iceServers));
  }

  stats(): Promise<RTCStatsReport> {
    return this.#pc.getStats();
  }

  get controlOpen(): boolean {
    return this.#control.readyState === "open";
  }

  /** False when it could not be sent now. */
  sendControl(message: ControlMessage): boolean {
    if (!this.controlOpen) return false;
    try {
      this.#control.send(encodeControl(message));
      return true;
    } catch {
      return false;
    }
  }

  openChannel(label: string): RTCDataChannel {
    return this.#pc.createDataChannel(label, { ordered: true });
  }

  get maxMessageBytes(): number {
    return this.#pc.sctp?.maxMessageSize ?? 65_536;
  }

  dtmfSender(): RTCDTMFSender | null {
    const sender = this.#pc.getTransceivers().find((one) => one.receiver.track.kind === "audio")?.sender;
    return sender?.track ? sender.dtmf : null;
  }

  close(): void {
    this.events.clear();
    this.#pc.close();
  }

  #listen(): void {
    const pc = this.#pc;
    pc.addEventListener("iceconnectionstatechange", () =>
      this.events.emit("iceState", pc.iceConnectionState),
    );
    pc.addEventListener("connectionstatechange", () => {
      // ICE has a way and DTLS still fails: the other side's certificate or page is gone.
      const ice = pc.iceConnectionState;
      if (pc.connectionState === "failed" && (ice === "connected" || ice === "completed")) {
        this.events.emit("failed", "dtls");
      }
    });
    pc.addEventListener("track", ({ track }) => {
      for (const old of this.remoteStream.getTracks())
        if (old.kind === track.kind) this.remoteStream.removeTrack(old);
      this.remoteStream.addTrack(track);
    });
    pc.addEventListener("datachannel", ({ channel }) => this.events.emit("channel", channel));
  }

  #listenToControl(channel: RTCDataChannel): void {
    channel.addEventListener("open", () => this.events.emit("control", "open"));
    channel.addEventListener("close", () => this.events.emit("control", "closed"));
    channel.addEventListener("message", (event: MessageEvent<unknown>) => {
      const message = parseControl(event.data);
      if (message) this.events.emit("message", message);
    });
  }

  /** The impolite side makes the two transceivers; they exist for the whole call, with or without a track. */
  #addTransceivers(): void {
    const { audio, video } = this.#options.tracks();
    this.#pc.addTransceiver(audio ?? "audio", { direction: "sendrecv" });
    this.#pc.addTransceiver(video ?? "video", { direction: "sendrecv" });
  }

  /** The polite side takes over those that the first offer has made. */
  async #adoptTransceivers(): Promise<void> {
    this.events.emit("offered", undefined);
    for (const transceiver of this.#pc.getTransceivers()) {
      if (transceiver.direction !== "stopped") transceiver.direction = "sendrecv";
    }
    await this.updateTracks();
  }
}

function setParametersWithKeyFrame(sender: RTCRtpSender): Promise<void> {
  const parameters = sender.getParameters();
  const options = { encodingOptions: parameters.encodings.map(() => ({ keyFrame: true })) };
  return (sender as SenderWithOptions).setParameters(parameters, options);
}

interface SenderWithOptions extends RTCRtpSender {
  setParameters(
    parameters: RTCRtpSendParameters,
    options?: { encodingOptions: { keyFrame: boolean }[] },
  ): Promise<void>;
}

function configurationWith(iceServers: RTCIceServer[]): RTCConfiguration {
  return { iceServers, bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" };
}
