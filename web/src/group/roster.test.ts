import { describe, expect, it } from "vitest";
import { person } from "../testing/group_person";
import { Roster, type RosterChange } from "./roster";

const names = ({ people, joined, left }: RosterChange) => ({
  people: people.map(({ id }) => id),
  joined: joined.map(({ id }) => id),
  left: left.map(({ id }) => id),
});
const [anna, ben, carla] = [
  person("anna", { joinedAt: 1 }),
  person("ben", { joinedAt: 2 }),
  person("carla", { joinedAt: 3 }),
];

describe("who is there", () => {
  it("is not announced to who comes in", () => {
    expect(names(new Roster().update([anna, ben], true))).toEqual({
      people: ["anna", "ben"],
      joined: [],
      left: [],
    });
  });

  it("is told by who comes and who goes", () => {
    const roster = new Roster();
    roster.update([anna], true);
    expect(names(roster.update([ben, anna], true))).toEqual({
      people: ["anna", "ben"],
      joined: ["ben"],
      left: [],
    });
    expect(names(roster.update([ben], true))).toEqual({ people: ["ben"], joined: [], left: ["anna"] });
  });

  it("keeps its places while this page is cut off, without pictures", () => {
    const roster = new Roster();
    const picture = { attach: () => undefined, detach: () => undefined };
    roster.update([{ ...anna, camera: picture, speaking: true }, ben], true);
    const cut = roster.update([], false);
    expect(names(cut)).toEqual({ people: ["anna", "ben"], joined: [], left: [] });
    expect(cut.people[0]).toMatchObject({ camera: undefined, speaking: false, line: "lost" });
  });

  it("tells after a reconnect only what has really changed", () => {
    const roster = new Roster();
    roster.update([anna, ben], true);
    roster.update([], false);
    roster.update([anna], false);
    expect(names(roster.update([anna, carla], true))).toEqual({
      people: ["anna", "carla"],
      joined: ["carla"],
      left: ["ben"],
    });
  });
});
