import { describe, expect, it } from "vitest";
import { parseFrame, parseIceServers } from "./frames";

const frame = (event: string, data: unknown) => parseFrame(JSON.stringify({ event, data }));

describe("frames", () => {
  it.each(["", "null", "[]", "{", '"x"', "{}", '{"event":7}', '{"event":"message"}', '{"event":"unheard"}'])(
    "ignores %j",
    (text) => expect(parseFrame(text)).toBeUndefined(),
  );

  it("ignores what is not text", () => expect(parseFrame(new ArrayBuffer(4))).toBeUndefined());

  it("does not let a peer announce anybody but itself", () => {
    const payload = {
      action: "open",
      connections: [{ peerId: "mallory" }, { peerId: "ben" }],
      bePolite: true,
    };
    expect(frame("message", { from: "mallory", payload })).toMatchObject({ peerIds: ["mallory"] });
    expect(frame("message", { from: "all", payload })).toMatchObject({ peerIds: ["mallory", "ben"] });
  });

  it("skips connections without a peerId", () => {
    const payload = { action: "open", connections: [null, { peerId: 7 }, "x", { peerId: "ben" }] };
    expect(frame("message", { from: "all", payload })).toEqual({
      event: "open",
      peerIds: ["ben"],
      polite: false,
    });
  });

  it("keeps a peer's own message whole", () => {
    const payload = { action: "moim-hello", anything: [1] };
    expect(frame("message", { from: "ben", payload })).toEqual({ event: "peer", from: "ben", payload });
  });

  it("tells a wrong token from a full server", () => {
    expect(frame("connect_error", { message: "Authentication error" })).toEqual({ event: "refused" });
    expect(frame("connect_error", { message: "full" })).toEqual({ event: "busy" });
  });
});

describe("ICE servers", () => {
  it("are taken with one address or several, and without what is not theirs", () => {
    expect(
      parseIceServers([
        { urls: "stun:a:3478" },
        { urls: ["turn:a:3478", 7], username: "u", credential: "c", extra: 1 },
        { urls: [] },
        null,
      ]),
    ).toEqual([{ urls: ["stun:a:3478"] }, { urls: ["turn:a:3478"], username: "u", credential: "c" }]);
  });

  it("are none when there is no list", () => expect(parseIceServers({})).toEqual([]));
});
