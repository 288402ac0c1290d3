import { describe, expect, it } from "vitest";
import { type KeyFacts, shortcutFor } from "./shortcuts";

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
