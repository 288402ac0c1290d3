/** The place in a room, kept for this tab, so that a reload comes back as the same person. */
import { parseObject, stringOr } from "../json";
import { readItem, type Store, writeItem } from "../media/choices";

export interface SavedPlace {
  peerId: string;
  invite: string;
  /** Proves to the door that this name is ours: a name alone replaces nobody who has it. */
  token: string;
  /** The call was running: a reload goes straight back into it. */
  inCall: boolean;
}

const keyOf = (room: string): string => `moim.place.${room}`;

export function loadPlace(store: Store, room: string): SavedPlace | undefined {
  const text = readItem(store, keyOf(room));
  const saved = text === null ? undefined : parseObject(text);
  const peerId = stringOr(saved?.["peerId"], "", 200);
  if (peerId === "") return undefined;
  return {
    peerId,
    invite: stringOr(saved?.["invite"], "", 8000),
    token: stringOr(saved?.["token"], "", 8000),
    inCall: saved?.["inCall"] === true,
  };
}

export function savePlace(store: Store, room: string, place: SavedPlace): void {
  writeItem(store, keyOf(room), JSON.stringify(place));
}
