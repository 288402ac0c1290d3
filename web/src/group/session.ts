/** A stay in a room for many: LiveKit's client behind the app's own words. Lives until `leave`, or until it ends by itself. */
import type * as livekit from "livekit-client";
import type { Conversation } from "../chat/conversation";
import { Emitter } from "../emitter";
import type { LocalMedia } from "../media/local_media";
import type { PageError } from "../pages/error_page";
import { endingOf, refusalOf } from "./ending";
import { groupChat } from "./group_chat";
import { Paths } from "./paths";
import type { GroupPerson, Line } from "./people";
import { Publishing } from "./publishing";
import { PatientReconnect } from "./reconnecting";
import { lineOf, remotePerson } from "./remote_person";
import { Roster } from "./roster";

export type Kit = typeof livekit;

export type GroupState = "connecting" | "connected" | "reconnecting" | "left";

export interface GroupSnapshot {
  readonly state: GroupState;
  /** The others, as they came. */
  readonly others: readonly GroupPerson[];
  /** This person is heard. */
  readonly speaking: boolean;
  /** This person's own connection. */
  readonly line: Line;
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

export class GroupSession {
  readonly events = new Emitter<GroupEvents>();
  readonly conversation: Conversation;
  readonly #kit: Kit;
  readonly #room: livekit.Room;
  readonly #publishing: Publishing;
  readonly #roster = new Roster();
  readonly #paths = new Paths(() => this.#changed());
  readonly #stopWatching: () => void;
  #inside = false;
  #over = false;
  #telling = false;

  constructor(kit: Kit, media: LocalMedia) {
    this.#kit = kit;
    this.#room = new kit.Room({
      // A picture is received in the size in which it is shown, and not at all while nobody sees it.
      adaptiveStream: true,
      dynacast: true,
      // The devices belong to `media`: it opens and stops them.
      stopLocalTrackOnUnpublish: false,
      reconnectPolicy: new PatientReconnect(Math.random),
    });
    this.#publishing = new Publishing(kit, this.#room.localParticipant, media, (source) =>
      this.events.emit("refused", source),
    );
    this.conversation = groupChat(this.#room, () => this.#state() === "connected");
    this.#stopWatching = media.events.on("changed", () => this.#offer());
    this.#listen();
  }

  /** Goes in. What goes wrong comes as the event `ended`. */
  async enter(url: string, token: string): Promise<void> {
    try {
      await this.#room.connect(url, token);
    } catch (error) {
      return this.#end(await this.#refusal(error, url, token));
    }
    this.#inside = true;
    this.#offer();
    this.#changed();
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
        return this.#paths.broken ? "reconnecting" : "connected";
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
      .on(RoomEvent.TrackSubscribed, (track) => {
        this.#paths.watch(track.receiver?.transport);
        if (track.kind === "audio") track.attach();
      })
      .on(RoomEvent.LocalTrackPublished, ({ track }) => this.#paths.watch(track?.sender?.transport))
      .on(RoomEvent.TrackUnsubscribed, (track) => {
        for (const element of track.detach()) if (track.kind === "audio") element.remove();
      })
      .on(RoomEvent.Disconnected, (reason) => {
        // Who never came in is told why by `enter`.
        if (!this.#inside) return;
        this.#end(endingOf(reason === undefined ? undefined : this.#kit.DisconnectReason[reason]));
      });
  }

  #offer(): void {
    if (!this.#over && this.#state() !== "connecting") this.#publishing.offer();
  }

  /** The client hides why a WebSocket was refused, and forgets the reason of a `leave` before joining; the door says it over HTTP. */
  async #refusal(error: unknown, url: string, token: string): Promise<PageError | undefined> {
    const { ConnectionError, ConnectionErrorReason, DisconnectReason } = this.#kit;
    if (error instanceof ConnectionError && error.reason === ConnectionErrorReason.LeaveRequest) {
      const reason = DisconnectReason[error.context as livekit.DisconnectReason];
      if (reason !== undefined) return endingOf(reason);
    }
    try {
      const answer = await fetch(`${url}/rtc/validate`, { headers: { authorization: `Bearer ${token}` } });
      return refusalOf(answer.status, await answer.text());
    } catch {
      return "unreachable";
    }
  }

  /** Once for all that happens in one go: a client that joins anew forgets everybody before it says that it is cut off. */
  #changed(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#tell();
    });
  }

  #tell(): void {
    const state = this.#state();
    const room = this.#room;
    const present = [...room.remoteParticipants.values()].map((one) => remotePerson(this.#kit, one));
    const { people, joined, left } = this.#roster.update(present, state === "connected");
    this.events.emit("changed", {
      state,
      others: people,
      speaking: room.localParticipant.isSpeaking,
      line: lineOf(this.#kit, room.localParticipant),
      silenced: !room.canPlaybackAudio,
    });
    for (const { name } of joined) this.events.emit("joined", { name });
    for (const { name } of left) this.events.emit("left", { name });
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
  "ConnectionQualityChanged",
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
