/** What the page shows of a participant. */
import type * as livekit from "livekit-client";
import type { Microphone } from "../media/microphone";
import type { GroupPerson, Line, Picture } from "./people";

type Kit = typeof livekit;

export function remotePerson(kit: Kit, one: livekit.RemoteParticipant): GroupPerson {
  const { Source } = kit.Track;
  const camera = one.getTrackPublication(Source.Camera);
  const screen = one.getTrackPublication(Source.ScreenShare);
  return {
    id: one.identity,
    name: one.name ?? "",
    local: false,
    microphone: microphoneOf(one.getTrackPublication(Source.Microphone)),
    speaking: one.isSpeaking,
    camera: pictureOf(camera),
    screen: pictureOf(screen),
    paused: isPaused(kit, camera),
    screenPaused: isPaused(kit, screen),
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

function isPaused(kit: Kit, publication: livekit.TrackPublication | undefined): boolean {
  return publication?.track?.streamState === kit.Track.StreamState.Paused;
}

function pictureOf(publication: livekit.TrackPublication | undefined): Picture | undefined {
  return publication && !publication.isMuted ? publication.track : undefined;
}
