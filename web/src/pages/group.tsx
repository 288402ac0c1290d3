/** A room for many: everybody talks to the server, which passes it on. */
import { GroupCall } from "../group/group_call";
import { choices } from "../media/remembered";
import { type GroupJoinRequest, type JoinResult, joinGroup } from "../signaling/door";
import { RoomEntry } from "./entry";
import { roomLink } from "./route";
import type { SavedPlace } from "./saved_place";

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
      inside={(given) => <GroupCall {...given} />}
    />
  );
}
