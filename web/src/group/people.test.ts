import { describe, expect, it } from "vitest";
import { person } from "../testing/group_person";
import { inOrder, largeTiles, smallTiles } from "./people";

const picture = { attach: () => undefined, detach: () => undefined };
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);

describe("the people of a room", () => {
  it("stand as they came, this person first", () => {
    const people = [
      person("c", { joinedAt: 2 }),
      person("me", { local: true, joinedAt: 9 }),
      person("b", { joinedAt: 1 }),
    ];
    expect(ids(inOrder(people))).toEqual(["me", "b", "c"]);
  });

  it("stand in the same order at everybody's who came at the same time", () => {
    expect(ids(inOrder([person("b"), person("a")]))).toEqual(["a", "b"]);
    expect(ids(inOrder([person("a"), person("b")]))).toEqual(["a", "b"]);
  });

  it("do not move when somebody speaks", () => {
    const quiet = [person("a", { joinedAt: 1 }), person("b", { joinedAt: 2 })];
    const loud = [person("a", { joinedAt: 1 }), person("b", { joinedAt: 2, speaking: true })];
    expect(ids(inOrder(loud))).toEqual(ids(inOrder(quiet)));
  });
});

describe("the tiles", () => {
  it("are one for each person, with or without a picture", () => {
    expect(ids(smallTiles([person("a"), person("b", { camera: picture })]))).toEqual(["a", "b"]);
  });

  it("show the screens of others large", () => {
    const people = [person("a", { screen: picture }), person("b", { camera: picture })];
    expect(largeTiles(people).map(({ id, kind }) => `${id} ${kind}`)).toEqual(["a/screen screen"]);
    expect(ids(smallTiles(people))).toEqual(["a", "b"]);
  });

  it("show this person's own screen among the small ones", () => {
    const people = [person("me", { local: true, screen: picture }), person("a")];
    expect(largeTiles(people)).toEqual([]);
    expect(ids(smallTiles(people))).toEqual(["me", "me/screen", "a"]);
  });
});
