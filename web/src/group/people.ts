/** Who is in the room, as the page shows it, and the tiles that follow from it. */
import type { Microphone } from "../media/microphone";

/** A running picture: something that plays in a video element. */
export interface Picture {
  attach(video: HTMLMediaElement): unknown;
  detach(video: HTMLMediaElement): unknown;
}

/** How somebody's connection to the server is; `lost`: nothing comes from there at the moment. */
export type Line = "good" | "weak" | "lost";

export interface GroupPerson {
  /** The participant's identity: the same after a reconnect. */
  readonly id: string;
  /** "" when it gave none. */
  readonly name: string;
  readonly local: boolean;
  readonly microphone: Microphone;
  readonly speaking: boolean;
  readonly camera: Picture | undefined;
  readonly screen: Picture | undefined;
  /** The server holds the camera's picture back, for want of bandwidth. */
  readonly paused: boolean;
  /** The same of the screen. */
  readonly screenPaused: boolean;
  readonly line: Line;
  /** Milliseconds since 1970. */
  readonly joinedAt: number;
}

export interface Tile {
  readonly id: string;
  readonly kind: "camera" | "screen";
  readonly person: GroupPerson;
}

/** This person first, the others as they came: nobody moves because somebody speaks. */
export function inOrder(people: readonly GroupPerson[]): GroupPerson[] {
  return [...people].sort(
    (a, b) => Number(b.local) - Number(a.local) || a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1),
  );
}

/** What is shown large: the screens of others. One's own is known, and would show itself within itself. */
export function largeTiles(people: readonly GroupPerson[]): Tile[] {
  return people.filter((person) => person.screen && !person.local).map(screenOf);
}

/** Everybody, and beside this person's camera the screen that it shares. */
export function smallTiles(people: readonly GroupPerson[]): Tile[] {
  return people.flatMap((person) => {
    const camera: Tile = { id: person.id, kind: "camera", person };
    return person.local && person.screen ? [camera, screenOf(person)] : [camera];
  });
}

function screenOf(person: GroupPerson): Tile {
  return { id: `${person.id}/screen`, kind: "screen", person };
}
