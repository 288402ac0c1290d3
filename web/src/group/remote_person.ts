/** What the page shows of a participant. */
import type * as livekit from "livekit-client";
import type { Microphone } from "../media/microphone";
import type { GroupPerson, Line, Picture } from "./people";

type Kit = typeof livekit;

export function remotePerson(kit: Kit, one: livekit.RemoteParticipant): GroupPerson {
  const { Source, StreamState } = kit.Track;
  const camera = one.getTrackPublication(Source.Camera);
  return {
    id: one.identity,
    name: one.name ?? "",
    local: false,
    microphone: microphoneOf(one.getTrackPublication(Source.Microphone)),
    speaking: one.isSpeaking,
    camera: pictureOf(camera),
    screen: pictureOf(one.getTrackPublication(Source.ScreenShare)),
    paused: camera?.track?.streamState === StreamState.Paused,
    line: lineOf(kit, one),
    joinedAt: one.joinedAt?.getTime() ?? 0,
  };
}

export function lineOf(kit: Kit, one: livekit.Participant): Line {
  const { Poor, Lost } = kit.ConnectionQuality;
  if (one.connectionQuality === Lost) return "lost";
  return one.connectionQuality === Poor ? "weak" : "good";
}

function microphoneOf(publication: livekit.TrackPublication | undefined): Microphone {
  if (!publication) return "none";
  return publication.isMuted ? "muted" : "on";
}

function pictureOf(publication: livekit.TrackPublication | undefined): Picture | undefined {
  return publication && !publication.isMuted ? publication.track : undefined;
}
