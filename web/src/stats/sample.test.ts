import { describe, expect, it } from "vitest";
import { CHROMIUM, FIREFOX } from "../testing/stats_fixtures";
import { sampleOf } from "./sample";

describe("a sample of Chromium's statistics", () => {
  const sample = sampleOf(CHROMIUM, 1000);

  it("takes the selected pair, not another one", () => {
    expect(sample.local).toEqual({
      type: "relay",
      protocol: "udp",
      address: "203.0.113.10",
      port: 50_001,
      relayProtocol: "tls",
    });
    expect(sample.remote?.type).toBe("srflx");
    expect(sample.rttMs).toBe(42);
  });

  it("counts what the transport counts", () => {
    expect([sample.bytesSent, sample.bytesReceived, sample.packetsReceived]).toEqual([90_000, 120_000, 640]);
  });

  it("takes the stream that is busy, not one that lingers", () => {
    expect(sample.videoIn).toMatchObject({ codec: "VP8", width: 1280, height: 720, frames: 290, freezes: 1 });
    expect(sample.audioIn).toMatchObject({ codec: "opus", lost: 3, jitterMs: 4 });
  });

  it("knows what is sent, and what the other side has missed of it", () => {
    expect(sample.videoOut).toMatchObject({ width: 640, height: 360, frames: 300 });
    expect(sample.lostOut).toBe(6);
  });

  it("names the encryption", () =>
    expect([sample.dtlsVersion, sample.srtpCipher]).toEqual(["DTLS 1.3", "AES_CM_128_HMAC_SHA1_80"]));
});

describe("a sample of Firefox's statistics", () => {
  const sample = sampleOf(FIREFOX, 1000);

  it("finds the pair that says it is selected", () => expect(sample.remote?.address).toBe("192.168.1.3"));
  it("counts arrivals without a transport entry", () => expect(sample.packetsReceived).toBe(57));
  it("does not know what is not told", () => {
    expect(sample.rttMs).toBeUndefined();
    expect(sample.videoIn).toBeUndefined();
  });
});

it("an empty or broken report gives an empty sample", () => {
  for (const entries of [[], [null, 7, "x", {}, { type: "transport", bytesSent: "many" }]]) {
    const sample = sampleOf(entries, 0);
    expect(sample.local).toBeUndefined();
    expect(sample.bytesSent).toBe(0);
  }
});
