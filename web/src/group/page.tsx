/** A room for many: everybody talks to the server, which passes it on. */

import { RoomEntry } from "../entry/entry";
import type { SavedPlace } from "../entry/saved_place";
import { choices } from "../media/remembered";
import { roomLink } from "../pages/route";
import { type GroupJoinRequest, type JoinResult, joinGroup } from "../signaling/door";
import { GroupRoom } from "./group_room";

export default function GroupPage(props: { room: string }) {
  const room = props.room;
  const ask = (key: string, saved: SavedPlace | undefined): Promise<JoinResult> => {
    const request: GroupJoinRequest = { room, name: choices().name };
    if (saved && saved.token !== "") request.token = saved.token;
    if (key !== "") request.key = key;
    return joinGroup(request, (url, init) => fetch(url, init));
  };
  return (
    <RoomEntry
      room={room}
      slot={`group/${room}`}
      ask={ask}
      link={(invite) => roomLink("", room, invite, "group")}
      inside={(given) => <GroupRoom {...given} />}
    />
  );
}
