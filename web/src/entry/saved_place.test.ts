import { describe, expect, it } from "vitest";
import { loadPlace, savePlace } from "./saved_place";

describe("the place kept for a reload", () => {
  const memory = () => {
    const items = new Map<string, string>();
    return {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
    };
  };

  it("comes back, for its own room", () => {
    const store = memory();
    const place = { peerId: "p", invite: "i", token: "t", inCall: true };
    savePlace(store, "r", place);
    expect(loadPlace(store, "r")).toEqual(place);
    expect(loadPlace(store, "other")).toBeUndefined();
  });

  it("is simply not there when the browser keeps nothing", () => {
    const refusing = {
      getItem: () => {
        throw new Error("denied");
      },
      setItem: () => {
        throw new Error("denied");
      },
    };
    savePlace(refusing, "r", { peerId: "p", invite: "", token: "", inCall: false });
    expect(loadPlace(refusing, "r")).toBeUndefined();
  });
});
