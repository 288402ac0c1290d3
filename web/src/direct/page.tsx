/** A room for two: each browser talks to the other one. */

import { RoomEntry } from "../entry/entry";
import type { SavedPlace } from "../entry/saved_place";
import { roomLink } from "../pages/route";
import { type JoinRequest, type JoinResult, join } from "../signaling/door";
import { DirectCall } from "./direct_call";

export default function RoomPage(props: { room: string }) {
  const room = props.room;
  const ask = (key: string, saved: SavedPlace | undefined): Promise<JoinResult> => {
    const request: JoinRequest = { room };
    if (saved) request.peerId = saved.peerId;
    if (saved && saved.token !== "") request.token = saved.token;
    if (key !== "") request.key = key;
    return join(request, (url, init) => fetch(url, init));
  };
  return (
    <RoomEntry
      room={room}
      slot={room}
      ask={ask}
      link={(invite) => roomLink("", room, invite)}
      inside={(given) => <DirectCall {...given} />}
    />
  );
}
