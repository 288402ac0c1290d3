import { describe, expect, it } from "vitest";
import { gridFor, type Space } from "./layout";

const desktop = { width: 1248, height: 660 };
const phone = { width: 374, height: 680 };

describe("the grid", () => {
  it.each([
    [1, desktop, 1],
    [2, desktop, 2],
    [4, desktop, 2],
    [5, desktop, 3],
    [9, desktop, 3],
    [12, desktop, 4],
    [1, phone, 1],
    [2, phone, 1],
    [3, phone, 1],
    [5, phone, 2],
    [8, phone, 2],
    [25, desktop, 5],
    [25, phone, 2],
  ])("of %i in %j has %i columns", (count, space, columns) => {
    expect(gridFor(count, space, 8).columns).toBe(columns);
  });

  it("fits into its space while faces can be recognized", () => {
    for (const { space, most } of [
      { space: desktop, most: 24 },
      { space: phone, most: 8 },
    ]) {
      for (let count = 1; count <= most; count += 1) {
        const { columns, tileWidth, tileHeight } = gridFor(count, space, 8);
        const rows = Math.ceil(count / columns);
        expect(columns * tileWidth + (columns - 1) * 8).toBeLessThanOrEqual(space.width);
        expect(rows * tileHeight + (rows - 1) * 8).toBeLessThanOrEqual(space.height);
      }
    }
  });

  it("is higher on a phone, where faces have more room upwards", () => {
    const ratio = (count: number, space: Space) => {
      const { tileWidth, tileHeight } = gridFor(count, space, 8);
      return tileWidth / tileHeight;
    };
    expect(ratio(1, phone)).toBeCloseTo(1, 1);
    expect(ratio(2, phone)).toBeLessThan(1.4);
    expect(ratio(1, desktop)).toBeCloseTo(16 / 9, 1);
    expect(ratio(2, desktop)).toBeCloseTo(4 / 3, 1);
  });

  it("says whether there is more than is in sight", () => {
    expect(gridFor(8, phone, 8).scrolls).toBe(false);
    expect(gridFor(25, phone, 8).scrolls).toBe(true);
    expect(gridFor(25, desktop, 8).scrolls).toBe(false);
  });

  it("scrolls rather than to show faces too small", () => {
    for (const space of [desktop, phone]) {
      for (let count = 1; count <= 80; count += 1) {
        const { columns, tileWidth } = gridFor(count, space, 8);
        expect(tileWidth).toBeGreaterThanOrEqual(150);
        expect(columns * tileWidth + (columns - 1) * 8).toBeLessThanOrEqual(space.width);
      }
    }
  });

  it("shows nothing in a space that is not known yet", () => {
    expect(gridFor(3, { width: 0, height: 0 }, 8).tileWidth).toBe(0);
    expect(gridFor(0, desktop, 8).tileWidth).toBe(0);
  });
});
