import { describe, expect, it } from "vitest";
import { newRoomName, randomBelow } from "./room_name";
import { inviteOf, roomFromInput, roomLink, roomPath, routeOf } from "./route";

const origin = "https://moim.example";

describe("addresses", () => {
  it.each([
    ["/", { page: "start" }],
    ["/r/moka-dali-sanu", { page: "room", room: "moka-dali-sanu" }],
    ["/r/%EB%AA%A8%EC%9E%84/", { page: "room", room: "모임" }],
    ["/g/moka", { page: "group", room: "moka" }],
    ["/g/", { page: "notFound" }],
    ["/r/", { page: "notFound" }],
    ["/r/a/b", { page: "notFound" }],
    ["/r/%E0%A4%A", { page: "notFound" }],
    ["/x", { page: "notFound" }],
  ])("%s", (path, route) => expect(routeOf(path)).toEqual(route));

  it("lead back to the same room", () => {
    for (const room of ["a b", "모임", "a/b?c#d", "100%"]) {
      expect(routeOf(roomPath(room))).toEqual({ page: "room", room });
      expect(routeOf(roomPath(room, "group"))).toEqual({ page: "group", room });
    }
  });

  it("carry the invite in the fragment only", () => {
    const link = new URL(roomLink(origin, "r", "a.b-c_d+e"));
    expect(link.pathname + link.search).toBe("/r/r");
    expect(inviteOf(link.hash)).toBe("a.b-c_d+e");
    expect(roomLink(origin, "r", "")).toBe("https://moim.example/r/r");
  });

  it.each(["", "#", "#k=", "#other=1", "#%"])("have no invite in %j", (hash) =>
    expect(inviteOf(hash)).toBe(""),
  );
});

describe("what a person types", () => {
  it.each([
    ["  moka dali  sanu ", { page: "room", room: "moka-dali-sanu", invite: "" }],
    ["r/abc", { page: "room", room: "abc", invite: "" }],
    ["g/abc", { page: "group", room: "abc", invite: "" }],
    ["https://moim.example/g/abc#k=xyz", { page: "group", room: "abc", invite: "xyz" }],
    ["https://moim.example/r/abc#k=xyz", { page: "room", room: "abc", invite: "xyz" }],
    ["HTTPS://MOIM.EXAMPLE/r/abc", { page: "room", room: "abc", invite: "" }],
    ["https://elsewhere.example/r/abc", "foreign"],
    ["https://moim.example/about", "foreign"],
    ["https://", "foreign"],
    ["   ", "empty"],
    ["/", "empty"],
  ])("%j", (text, result) => expect(roomFromInput(text, origin)).toEqual(result));
});

describe("new rooms", () => {
  it("have three groups of four letters", () => {
    for (let n = 0; n < 200; n += 1)
      expect(newRoomName(randomBelow)).toMatch(/^([b-z][aeiou]){2}(-([b-z][aeiou]){2}){2}$/);
  });

  it("use every letter about equally", () => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 17_000; n += 1) {
      const value = randomBelow(17);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect(counts.size).toBe(17);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(250);
  });
});
