import { describe, expect, it } from "vitest";
import { PatientReconnect } from "./reconnecting";

const delays = (random: number) => {
  const policy = new PatientReconnect(() => random);
  return [0, 1, 2, 3, 50].map((retryCount) => policy.nextRetryDelayInMs({ elapsedMs: 0, retryCount }));
};

describe("coming back", () => {
  it("is tried at once, then less and less often", () => {
    expect(delays(0.5)).toEqual([100, 400, 1300, 2800, 4100]);
  });

  it("is never tried by all in the same moment", () => expect(delays(0)).not.toEqual(delays(1)));

  it("goes on for minutes, and not for ever", () => {
    const policy = new PatientReconnect(() => 0.5);
    expect(policy.nextRetryDelayInMs({ elapsedMs: 9 * 60_000, retryCount: 150 })).not.toBeNull();
    expect(policy.nextRetryDelayInMs({ elapsedMs: 11 * 60_000, retryCount: 180 })).toBeNull();
  });
});
