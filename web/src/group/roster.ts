/**
 * Who counts as there. While this page itself is cut off, nobody leaves: LiveKit's client forgets everybody when it has to
 * join anew, and they would all go and come again. Their places stay until it is known who is still there.
 */
import { type GroupPerson, inOrder } from "./people";

export interface RosterChange {
  readonly people: readonly GroupPerson[];
  readonly joined: readonly GroupPerson[];
  readonly left: readonly GroupPerson[];
}

export class Roster {
  #people: readonly GroupPerson[] = [];
  /** Those that were found are not told as newcomers. */
  #arrived = false;

  /** `present`: whom the room knows now. `connected`: what it knows is true. */
  update(present: readonly GroupPerson[], connected: boolean): RosterChange {
    const before = this.#people;
    const known = new Set(present.map(({ id }) => id));
    const missing = before.filter(({ id }) => !known.has(id));
    if (!connected) {
      this.#people = inOrder([...present, ...missing.map(cutOff)]);
      return { people: this.#people, joined: [], left: [] };
    }
    this.#people = inOrder(present);
    const knownBefore = new Set(before.map(({ id }) => id));
    const joined = this.#arrived ? present.filter(({ id }) => !knownBefore.has(id)) : [];
    this.#arrived = true;
    return { people: this.#people, joined, left: missing };
  }
}

/** Nothing of what was known of this person holds now. */
function cutOff(person: GroupPerson): GroupPerson {
  const dark = { camera: undefined, screen: undefined, paused: false, screenPaused: false };
  return { ...person, ...dark, speaking: false, line: "lost" };
}
