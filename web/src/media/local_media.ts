/** What this page sends: microphone, camera, screen. Holds the tracks, and tells when they change. */

import { Emitter } from "../emitter";
import type { Microphone } from "./microphone";
import { type CaptureProblem, problemOf } from "./problems";

export interface LocalMediaEvents {
  changed: undefined;
  /** Something was asked for and could not be had; or a running device went away. */
  problem: { source: "microphone" | "camera" | "screen"; problem: CaptureProblem };
}

type Source = "microphone" | "camera";

export class LocalMedia {
  readonly events = new Emitter<LocalMediaEvents>();
  readonly #devices: MediaDevices | undefined;
  #microphone: MediaStreamTrack | undefined;
  #camera: MediaStreamTrack | undefined;
  #screen: MediaStreamTrack | undefined;
  #muted = false;
  #wanted: Record<Source, { deviceId: string; generation: number }> = {
    microphone: { deviceId: "", generation: 0 },
    camera: { deviceId: "", generation: 0 },
  };

  /** `devices` is `undefined` in an insecure context. */
  constructor(devices: MediaDevices | undefined) {
    this.#devices = devices;
  }

  get audioTrack(): MediaStreamTrack | null {
    return this.#microphone ?? null;
  }

  /** The screen while it is shared, else the camera. */
  get videoTrack(): MediaStreamTrack | null {
    return this.#screen ?? this.#camera ?? null;
  }

  get cameraTrack(): MediaStreamTrack | null {
    return this.#camera ?? null;
  }

  get screenTrack(): MediaStreamTrack | null {
    return this.#screen ?? null;
  }

  get microphone(): Microphone {
    if (!this.#microphone) return "none";
    return this.#muted ? "muted" : "on";
  }

  get cameraOn(): boolean {
    return this.#camera !== undefined;
  }

  get sharing(): boolean {
    return this.#screen !== undefined;
  }

  get canShare(): boolean {
    return typeof this.#devices?.getDisplayMedia === "function";
  }

  deviceOf(source: Source): string {
    return this.#trackOf(source)?.getSettings().deviceId ?? this.#wanted[source].deviceId;
  }

  /** Opens the device (`""`: the browser's choice), in place of the one that runs. False when it could not be had. */
  async open(source: Source, deviceId: string): Promise<boolean> {
    const generation = ++this.#wanted[source].generation;
    this.#wanted[source].deviceId = deviceId;
    const track = await this.#capture(source, deviceId);
    // Meanwhile something newer was asked for.
    if (generation !== this.#wanted[source].generation) {
      track?.stop();
      return false;
    }
    if (!track) return false;
    this.#replace(source, track);
    return true;
  }

  /** Both at once, so that the person is asked once; if that fails each for itself, so that one can work without the other. */
  async openBoth(microphoneId: string, cameraId: string): Promise<void> {
    const generations = (["microphone", "camera"] as const).map(
      (source) => ++this.#wanted[source].generation,
    );
    try {
      if (!this.#devices) throw new Error("insecure");
      const microphone = constraintsFor("microphone", microphoneId);
      const stream = await this.#devices.getUserMedia({
        ...microphone,
        ...constraintsFor("camera", cameraId),
      });
      for (const [index, source] of (["microphone", "camera"] as const).entries()) {
        const track = stream.getTracks().find((one) => (one.kind === "audio") === (source === "microphone"));
        if (this.#wanted[source].generation !== generations[index]) track?.stop();
        else this.#replace(source, track);
      }
    } catch {
      await this.open("microphone", microphoneId);
      await this.open("camera", cameraId);
    }
  }

  close(source: Source): void {
    this.#wanted[source].generation += 1;
    this.#replace(source, undefined);
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    if (this.#microphone) this.#microphone.enabled = !muted;
    this.events.emit("changed", undefined);
  }

  async startScreen(): Promise<boolean> {
    if (!this.#devices || !this.canShare) return false;
    try {
      const stream = await this.#devices.getDisplayMedia({ video: { frameRate: { max: 30 } }, audio: false });
      const track = stream.getVideoTracks()[0];
      if (!track) return false;
      // Text stays sharp; on a bad line frames are lost first.
      track.contentHint = "detail";
      track.addEventListener("ended", () => this.#screen === track && this.stopScreen());
      this.#screen?.stop();
      this.#screen = track;
      this.events.emit("changed", undefined);
      return true;
    } catch (error) {
      const problem = problemOf(error);
      // Refusing in the browser's own picker is an answer, not a fault.
      if (problem !== "denied") this.events.emit("problem", { source: "screen", problem });
      return false;
    }
  }

  stopScreen(): void {
    this.#screen?.stop();
    this.#screen = undefined;
    this.events.emit("changed", undefined);
  }

  stop(): void {
    this.events.clear();
    for (const track of [this.#microphone, this.#camera, this.#screen]) track?.stop();
    this.#microphone = this.#camera = this.#screen = undefined;
  }

  async #capture(source: Source, deviceId: string): Promise<MediaStreamTrack | undefined> {
    if (!this.#devices) {
      this.events.emit("problem", { source, problem: "insecure" });
      return undefined;
    }
    try {
      // Some cameras cannot be opened twice: the old one goes first.
      if (source === "camera") this.#camera?.stop();
      const stream = await this.#devices.getUserMedia(constraintsFor(source, deviceId));
      return stream.getTracks()[0];
    } catch (error) {
      const problem = problemOf(error);
      // The remembered device is not plugged in: any other will do.
      if (deviceId !== "" && problem === "missing") return this.#capture(source, "");
      this.events.emit("problem", { source, problem });
      if (source === "camera" && this.#camera?.readyState === "ended") this.#replace("camera", undefined);
      return undefined;
    }
  }

  #replace(source: Source, track: MediaStreamTrack | undefined): void {
    this.#trackOf(source)?.stop();
    if (source === "microphone") this.#microphone = track;
    else this.#camera = track;
    if (source === "microphone" && track) track.enabled = !this.#muted;
    track?.addEventListener("ended", () => {
      if (this.#trackOf(source) !== track) return;
      this.#replace(source, undefined);
      this.events.emit("problem", { source, problem: "gone" });
    });
    this.events.emit("changed", undefined);
  }

  #trackOf(source: Source): MediaStreamTrack | undefined {
    return source === "microphone" ? this.#microphone : this.#camera;
  }
}

function constraintsFor(source: Source, deviceId: string): MediaStreamConstraints {
  const device = deviceId === "" ? {} : { deviceId: { exact: deviceId } };
  if (source === "microphone") {
    return { audio: { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true } };
  }
  return {
    video: { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
  };
}
