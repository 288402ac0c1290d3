import { describe, expect, it } from "vitest";
import { fitOf } from "./picture_fit";

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
