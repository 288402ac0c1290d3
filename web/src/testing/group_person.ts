import type { GroupPerson } from "../group/people";

/** Somebody in a group room, with what matters to a test. */
export function person(id: string, more: Partial<GroupPerson> = {}): GroupPerson {
  return {
    id,
    name: id,
    local: false,
    microphone: "on",
    speaking: false,
    camera: undefined,
    screen: undefined,
    paused: false,
    screenPaused: false,
    line: "good",
    joinedAt: 0,
    ...more,
  };
}
