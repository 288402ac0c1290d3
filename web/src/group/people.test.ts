import { describe, expect, it } from "vitest";
import { camerasOf, type GroupPerson, inOrder, screensOf } from "./people";

const picture = { attach: () => undefined, detach: () => undefined };
const person = (id: string, more: Partial<GroupPerson> = {}): GroupPerson => ({
  id,
  name: id,
  local: false,
  microphone: "on",
  speaking: false,
  camera: undefined,
  screen: undefined,
  paused: false,
  joinedAt: 0,
  ...more,
});

describe("the people of a room", () => {
  it("stand as they came, this person first", () => {
    const people = [
      person("c", { joinedAt: 2 }),
      person("me", { local: true, joinedAt: 9 }),
      person("b", { joinedAt: 1 }),
    ];
    expect(inOrder(people).map(({ id }) => id)).toEqual(["me", "b", "c"]);
  });

  it("stand in the same order at everybody's who came at the same time", () => {
    expect(inOrder([person("b"), person("a")]).map(({ id }) => id)).toEqual(["a", "b"]);
    expect(inOrder([person("a"), person("b")]).map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("do not move when somebody speaks", () => {
    const quiet = [person("a", { joinedAt: 1 }), person("b", { joinedAt: 2 })];
    const loud = [person("a", { joinedAt: 1 }), person("b", { joinedAt: 2, speaking: true })];
    expect(inOrder(loud).map(({ id }) => id)).toEqual(inOrder(quiet).map(({ id }) => id));
  });
});

describe("the tiles", () => {
  it("are one for each person, with or without a picture, and one for each screen", () => {
    const people = [person("a", { screen: picture }), person("b", { camera: picture })];
    expect(camerasOf(people).map(({ id }) => id)).toEqual(["a", "b"]);
    expect(screensOf(people).map(({ id, kind }) => `${id} ${kind}`)).toEqual(["a/screen screen"]);
  });
});
