import { describe, expect, it } from "vitest";
import { CHROMIUM } from "../testing/stats_fixtures";
import { curve, roundTop } from "./graph";
import { EMPTY_HISTORY, HISTORY_LENGTH, withSample } from "./history";
import { type Measure, measureBetween } from "./measure";
import { reportText } from "./report";
import { type Sample, sampleOf } from "./sample";
import { verdictOn } from "./verdict";

const before = sampleOf(CHROMIUM, 1000);
/** One second later, with so much more of everything. */
function later(change: Partial<Sample>): Sample {
  return { ...before, at: 2000, ...change };
}

describe("a measure", () => {
  it("tells rates per second", () => {
    const measure = measureBetween(before, later({ bytesSent: 140_000, bytesReceived: 121_000 }), undefined);
    expect(measure.upBitsPerSecond).toBe(400_000);
    expect(measure.downBitsPerSecond).toBe(8000);
  });

  it("tells the share that was lost, of what should have come", () => {
    const { audioIn } = before;
    if (!audioIn) throw new Error("the fixture has audio");
    const measure = measureBetween(
      before,
      later({ audioIn: { ...audioIn, packets: 590, lost: 13 } }),
      undefined,
    );
    expect(measure.lossInPercent).toBeCloseTo(10);
  });

  it("does not know a share of nothing", () => {
    expect(measureBetween(before, later({}), undefined).lossInPercent).toBeUndefined();
  });

  it("is not confused by a late packet that takes a loss back", () => {
    const { audioIn } = before;
    if (!audioIn) throw new Error("the fixture has audio");
    const measure = measureBetween(
      before,
      later({ audioIn: { ...audioIn, packets: 550, lost: 1 } }),
      undefined,
    );
    expect(measure.lossInPercent).toBe(0);
  });

  it("starts from zero with a new connection", () => {
    expect(measureBetween(before, later({ bytesReceived: 1000 }), undefined).downBitsPerSecond).toBe(8000);
  });

  it("counts frames itself", () => {
    const { videoIn } = before;
    if (!videoIn) throw new Error("the fixture has video");
    expect(
      measureBetween(before, later({ videoIn: { ...videoIn, frames: 305 } }), undefined).framesPerSecond,
    ).toBe(15);
  });
});

describe("the history", () => {
  it("keeps the last minute", () => {
    let history = EMPTY_HISTORY;
    for (let second = 0; second < 100; second += 1)
      history = withSample(history, { ...before, at: second * 1000 }, undefined);
    expect(history.measures).toHaveLength(HISTORY_LENGTH);
    expect(history.measures.at(-1)?.at).toBe(99_000);
  });
});

describe("the verdict", () => {
  const measure = (change: Partial<Measure>): Measure => ({
    ...measureBetween(before, later({}), undefined),
    rttMs: 20,
    freezes: 0,
    ...change,
  });
  const five = (change: Partial<Measure>) => Array.from({ length: 5 }, () => measure(change));

  it("is silent before there is anything to judge", () => expect(verdictOn([]).quality).toBe("none"));
  it("is good when nothing hurts", () =>
    expect(verdictOn(five({}))).toEqual({ quality: "good", complaint: undefined }));
  it.each([
    [{ lossInPercent: 3 }, "fair", "loss"],
    [{ lossOutPercent: 20 }, "poor", "loss"],
    [{ rttMs: 350 }, "fair", "delay"],
    [{ rttMs: 900 }, "poor", "delay"],
    [{ jitterMs: 60 }, "fair", "jitter"],
    [{ freezes: 1 }, "poor", "freezes"],
  ] as const)("of %j is %s because of %s", (change, quality, complaint) => {
    expect(verdictOn(five(change))).toEqual({ quality, complaint });
  });
  it("names what hurts most first", () => {
    expect(verdictOn(five({ rttMs: 400, lossInPercent: 30 }))).toEqual({
      quality: "poor",
      complaint: "loss",
    });
  });
  it("forgets what is more than five seconds past", () => {
    expect(verdictOn([...five({ lossInPercent: 50 }), ...five({})]).quality).toBe("good");
  });
});

describe("the graph", () => {
  it("puts the newest value at the right edge and breaks at gaps", () => {
    expect(curve([0, 10, undefined, 5], 5, 10, { width: 40, height: 100 })).toBe(
      "M10.0 100.0L20.0 0.0M40.0 50.0",
    );
  });
  it("never leaves its frame", () => expect(curve([99], 2, 10, { width: 10, height: 10 })).toBe("M10.0 0.0"));
  it.each([
    [[3, 8], 20, 20],
    [[21], 20, 50],
    [[130, undefined], 20, 200],
    [[], 20, 20],
  ])("rounds the top of %j (at least %i) to %i", (values, least, top) =>
    expect(roundTop(values, least)).toBe(top),
  );
});

describe("the report", () => {
  const history = withSample(
    withSample(EMPTY_HISTORY, before, undefined),
    later({ bytesSent: 140_000 }),
    undefined,
  );
  const text = reportText(history, {
    userAgent: "Browser 1",
    time: "2026-01-01T00:00:00Z",
    status: "connected",
  });

  it("says how the media goes", () => {
    expect(text).toContain("path: relay over tls");
    expect(text).toContain("local candidate: relay udp 203.0.113.10:50001 (relay reached over tls)");
    expect(text).toContain("up / down: 400 kbit/s / 0 kbit/s");
    expect(text).toContain("video in: VP8 1280x720");
  });

  it("can be made before there is a connection", () => {
    expect(reportText(EMPTY_HISTORY, { userAgent: "", time: "", status: "waiting" })).toContain(
      "path: unknown",
    );
  });
});
