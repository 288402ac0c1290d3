import { describe, expect, it } from "vitest";
import { attemptAfter } from "./backoff";
import { refreshDelayMs } from "./ice_servers";

describe("the wait before an attempt", () => {
  it("is nothing at first, then grows, and stays short while somebody watches", () => {
    const delays = [0, 1, 2, 3, 4, 10, 29].map((failures) => attemptAfter(failures, 0.5).delayMs);
    expect(delays).toEqual([0, 150, 300, 600, 1000, 1000, 1000]);
  });

  it("never ends and never exceeds its limit", () => {
    expect(attemptAfter(1e6, 1).delayMs).toBe(6000);
  });

  it("spreads by a fifth to both sides", () => {
    expect(attemptAfter(4, 0).delayMs).toBe(800);
    expect(attemptAfter(4, 1).delayMs).toBe(1200);
  });

  it("leaves a slow line time in every fourth attempt", () => {
    expect([0, 1, 2, 3, 4].map((failures) => attemptAfter(failures, 0).timeoutMs)).toEqual([
      2000, 2000, 2000, 8000, 2000,
    ]);
  });
});

describe("new ICE servers are asked for", () => {
  const now = 1_800_000_000_000;
  const until = (seconds: number) => [
    { urls: ["turn:x"], username: `${now / 1000 + seconds}:anna`, credential: "c" },
  ];

  it("when four fifths of their life are over", () =>
    expect(refreshDelayMs(until(3600), now)).toBe(2_880_000));
  it("soon when they are over, but not in a storm", () =>
    expect(refreshDelayMs(until(-5), now)).toBe(30_000));
  it("within the hour when they do not say", () =>
    expect(refreshDelayMs([{ urls: "stun:x" }], now)).toBe(2_880_000));
});
