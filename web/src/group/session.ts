/** A stay in a room for many: LiveKit's client behind the app's own words. Lives until `leave`, or until it ends by itself. */
import type * as livekit from "livekit-client";
import { Conversation, MAX_CHAT_CHARS } from "../chat/conversation";
import { Emitter } from "../emitter";
import type { LocalMedia } from "../media/local_media";
import type { PageError } from "../pages/error_page";
import { newId } from "../pages/room_name";
import { endingOf } from "./ending";
import { type Offered, Offering } from "./offering";
import { type GroupPerson, inOrder } from "./people";
import { remotePerson } from "./remote_person";

export type Kit = typeof livekit;

export type GroupState = "connecting" | "connected" | "reconnecting" | "left";

export interface GroupSnapshot {
  readonly state: GroupState;
  /** The others, as they came. */
  readonly others: readonly GroupPerson[];
  /** This person is heard. */
  readonly speaking: boolean;
  /** The browser holds the sound back until the person has clicked. */
  readonly silenced: boolean;
}

export interface GroupEvents {
  changed: GroupSnapshot;
  joined: { name: string };
  left: { name: string };
  /** It is over, and not by this person's wish. */
  ended: PageError;
  /** One of this person's tracks could not be given to the room. */
  refused: "microphone" | "camera" | "screen";
}

/** The topic on which LiveKit's own apps chat. */
const CHAT_TOPIC = "lk.chat";

export class GroupSession {
  readonly events = new Emitter<GroupEvents>();
  readonly conversation: Conversation;
  readonly #kit: Kit;
  readonly #room: livekit.Room;
  readonly #media: LocalMedia;
  readonly #offerings: Record<"microphone" | "camera" | "screen", Offering>;
  readonly #stopWatching: () => void;
  #over = false;

  constructor(kit: Kit, media: LocalMedia) {
    this.#kit = kit;
    this.#media = media;
    this.#room = new kit.Room({
      adaptiveStream: true,
      dynacast: true,
      // The devices belong to `media`: it opens and stops them.
      stopLocalTrackOnUnpublish: false,
    });
    const { Source } = kit.Track;
    this.#offerings = {
      microphone: this.#offering("microphone", Source.Microphone, "mute"),
      camera: this.#offering("camera", Source.Camera, "mute"),
      screen: this.#offering("screen", Source.ScreenShare, "withdraw"),
    };
    this.conversation = new Conversation(({ text }) => this.#write(text), newId);
    this.#stopWatching = media.events.on("changed", () => this.#offerAll());
    this.#listen();
  }

  get snapshot(): GroupSnapshot {
    const room = this.#room;
    return {
      state: this.#state(),
      others: inOrder([...room.remoteParticipants.values()].map((one) => remotePerson(this.#kit, one))),
      speaking: room.localParticipant.isSpeaking,
      silenced: !room.canPlaybackAudio,
    };
  }

  /** Goes in. What goes wrong comes as the event `ended`. */
  async enter(url: string, token: string): Promise<void> {
    try {
      await this.#room.connect(url, token);
      this.#offerAll();
    } catch (error) {
      this.#end(this.#refusal(error));
    }
  }

  leave(): void {
    this.#close();
    void this.#room.disconnect(false);
  }

  /** Sound may start only after a click, in some browsers. */
  async startSound(): Promise<void> {
    await this.#room.startAudio().catch(() => undefined);
    this.#changed();
  }

  /** `""`: the system's choice. */
  chooseSpeaker(id: string): void {
    void this.#room.switchActiveDevice("audiooutput", id === "" ? "default" : id).catch(() => undefined);
  }

  #state(): GroupState {
    const { ConnectionState } = this.#kit;
    switch (this.#room.state) {
      case ConnectionState.Connected:
        return "connected";
      case ConnectionState.Reconnecting:
      case ConnectionState.SignalReconnecting:
        return "reconnecting";
      default:
        return this.#over ? "left" : "connecting";
    }
  }

  #listen(): void {
    const { RoomEvent } = this.#kit;
    const changed = (): void => this.#changed();
    for (const event of CHANGING) this.#room.on(RoomEvent[event], changed);
    this.#room
      .on(RoomEvent.ParticipantConnected, (one) => this.events.emit("joined", { name: one.name ?? "" }))
      .on(RoomEvent.ParticipantDisconnected, (one) => this.events.emit("left", { name: one.name ?? "" }))
      .on(RoomEvent.TrackSubscribed, (track) => track.kind === "audio" && track.attach())
      .on(RoomEvent.TrackUnsubscribed, (track) => {
        for (const element of track.detach()) if (track.kind === "audio") element.remove();
      })
      .on(RoomEvent.Disconnected, (reason) => {
        this.#end(endingOf(reason === undefined ? undefined : this.#kit.DisconnectReason[reason]));
      });
    this.#room.registerTextStreamHandler(
      CHAT_TOPIC,
      (reader, from) => void this.#read(reader, from.identity),
    );
  }

  #offering(
    name: "microphone" | "camera" | "screen",
    source: livekit.Track.Source,
    whenOff: "mute" | "withdraw",
  ): Offering {
    return new Offering({
      whenOff,
      publish: async (track) => {
        const publication = await this.#room.localParticipant.publishTrack(track, { source });
        return this.#offered(publication.track);
      },
      failed: () => this.events.emit("refused", name),
    });
  }

  #offered(track: livekit.LocalTrack | undefined): Offered {
    if (!track) throw new Error("published without a track");
    return {
      replace: (next) => track.replaceTrack(next),
      setMuted: (muted) => (muted ? track.mute() : track.unmute()),
      withdraw: () => this.#room.localParticipant.unpublishTrack(track, false),
    };
  }

  #offerAll(): void {
    if (this.#over || this.#state() === "connecting") return;
    const media = this.#media;
    this.#offerings.microphone.want({ track: media.audioTrack, muted: media.microphone === "muted" });
    this.#offerings.camera.want({ track: media.cameraTrack, muted: false });
    this.#offerings.screen.want({ track: media.screenTrack, muted: false });
  }

  #write(text: string): boolean {
    if (this.#state() !== "connected") return false;
    void this.#room.localParticipant.sendText(text, { topic: CHAT_TOPIC }).catch(() => undefined);
    return true;
  }

  async #read(reader: livekit.TextStreamReader, identity: string): Promise<void> {
    const from = this.#room.getParticipantByIdentity(identity);
    if (!from) return;
    try {
      const text = await firstChars(reader, MAX_CHAT_CHARS);
      if (text.trim() !== "") this.conversation.handleChat(newId(), text, Date.now(), from.name ?? "");
    } catch {
      // It broke off in the middle.
    }
  }

  #refusal(error: unknown): PageError {
    const { ConnectionError, ConnectionErrorReason } = this.#kit;
    const refused = error instanceof ConnectionError && error.reason === ConnectionErrorReason.NotAllowed;
    return refused ? "refused" : "unreachable";
  }

  #changed(): void {
    this.events.emit("changed", this.snapshot);
  }

  #end(error: PageError | undefined): void {
    if (this.#over) return;
    this.#close();
    this.#changed();
    if (error) this.events.emit("ended", error);
  }

  #close(): void {
    this.#over = true;
    this.#stopWatching();
  }
}

/** After these the snapshot is another one. */
const CHANGING = [
  "ConnectionStateChanged",
  "ParticipantConnected",
  "ParticipantDisconnected",
  "ParticipantNameChanged",
  "TrackSubscribed",
  "TrackUnsubscribed",
  "TrackMuted",
  "TrackUnmuted",
  "TrackPublished",
  "TrackUnpublished",
  "TrackStreamStateChanged",
  "ActiveSpeakersChanged",
  "AudioPlaybackStatusChanged",
] as const satisfies readonly (keyof typeof livekit.RoomEvent)[];

/** Reads no more than is shown: the stream of a stranger can be of any length. */
async function firstChars(reader: livekit.TextStreamReader, most: number): Promise<string> {
  let text = "";
  for await (const piece of reader) {
    text += piece;
    if (text.length >= most) break;
  }
  return text.slice(0, most);
}
