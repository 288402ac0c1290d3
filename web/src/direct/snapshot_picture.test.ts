import { expect, it } from "vitest";
import { pictureName } from "./snapshot_picture";

it("a saved picture is named after its room and time, without what a file system refuses", () => {
  expect(pictureName("a/b 모임", new Date("2026-05-04T03:02:01Z"))).toBe(
    "moim-a_b_모임-2026-05-04-030201.png",
  );
});
