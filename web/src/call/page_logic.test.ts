import { describe, expect, it } from "vitest";
import { fitOf } from "./picture_fit";
import { type KeyFacts, shortcutFor } from "./shortcuts";
import { pictureName } from "./snapshot_picture";

const press = (change: Partial<KeyFacts>) =>
  shortcutFor({
    key: "m",
    code: "KeyM",
    ctrlKey: false,
    altKey: false,
    metaKey: false,
    repeat: false,
    isComposing: false,
    tag: "BODY",
    editable: false,
    ...change,
  });

describe("shortcuts", () => {
  it("are single keys", () => expect(press({})).toBe("mute"));
  it("go by the key's place, so that they work with the Korean layout", () =>
    expect(press({ key: "ㅡ" })).toBe("mute"));
  it.each(["INPUT", "TEXTAREA", "SELECT"])("rest while the focus is in %s", (tag) =>
    expect(press({ tag })).toBeUndefined(),
  );
  it("rest in editable text and while text is composed", () => {
    expect(press({ editable: true })).toBeUndefined();
    expect(press({ isComposing: true })).toBeUndefined();
  });
  it.each(["ctrlKey", "altKey", "metaKey", "repeat"])("leave keys with %s to the browser", (name) => {
    expect(press({ [name]: true })).toBeUndefined();
  });
  it("close the panel even from a text field", () =>
    expect(press({ key: "Escape", code: "Escape", tag: "INPUT" })).toBe("close"));
  it("know the question mark wherever it is", () => expect(press({ key: "?", code: "Slash" })).toBe("help"));
});

describe("a picture in its tile", () => {
  const wide = { width: 1280, height: 720 };
  it("is cut where little is lost", () =>
    expect(fitOf(wide, { width: 800, height: 500 }, false)).toBe("cover"));
  it("is shown whole where much would be lost", () =>
    expect(fitOf(wide, { width: 390, height: 700 }, false)).toBe("contain"));
  it("is never cut when it is a screen", () => expect(fitOf(wide, wide, true)).toBe("contain"));
  it("is shown whole while sizes are unknown", () =>
    expect(fitOf({ width: 0, height: 0 }, wide, false)).toBe("contain"));
});

it("a saved picture is named after its room and time, without what a file system refuses", () => {
  expect(pictureName("a/b 모임", new Date("2026-05-04T03:02:01Z"))).toBe(
    "moim-a_b_모임-2026-05-04-030201.png",
  );
});
