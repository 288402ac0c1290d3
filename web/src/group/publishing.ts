/** What this person sends, given to the room: one offering for each source. */
import type * as livekit from "livekit-client";
import type { LocalMedia } from "../media/local_media";
import { type Offered, Offering } from "./offering";

type Source = "microphone" | "camera" | "screen";

export class Publishing {
  readonly #participant: livekit.LocalParticipant;
  readonly #media: LocalMedia;
  readonly #offerings: Record<Source, Offering>;

  /** `refused` hears which of the sources the room did not take. */
  constructor(
    kit: typeof livekit,
    participant: livekit.LocalParticipant,
    media: LocalMedia,
    refused: (source: Source) => void,
  ) {
    const { Source } = kit.Track;
    const offering = (source: Source, as: livekit.Track.Source, whenOff: "mute" | "withdraw"): Offering =>
      new Offering({ whenOff, publish: (track) => this.#publish(track, as), failed: () => refused(source) });
    this.#participant = participant;
    this.#media = media;
    this.#offerings = {
      microphone: offering("microphone", Source.Microphone, "mute"),
      camera: offering("camera", Source.Camera, "mute"),
      screen: offering("screen", Source.ScreenShare, "withdraw"),
    };
  }

  /** Brings the room in line with what there is now. */
  offer(): void {
    const { audioTrack, cameraTrack, screenTrack, microphone } = this.#media;
    this.#offerings.microphone.want({ track: audioTrack, muted: microphone === "muted" });
    this.#offerings.camera.want({ track: cameraTrack, muted: false });
    this.#offerings.screen.want({ track: screenTrack, muted: false });
  }

  async #publish(track: MediaStreamTrack, source: livekit.Track.Source): Promise<Offered> {
    const publication = await this.#participant.publishTrack(track, { source });
    const local = publication.track;
    if (!local) throw new Error("published without a track");
    return {
      replace: (next) => local.replaceTrack(next),
      setMuted: (muted) => (muted ? local.mute() : local.unmute()),
      withdraw: () => this.#participant.unpublishTrack(local, false),
    };
  }
}
