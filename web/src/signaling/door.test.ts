import { describe, expect, it } from "vitest";
import { freshIceServers, join, joinGroup, socketUrl } from "./door";

const answer = (status: number, body: unknown) => async () => new Response(JSON.stringify(body), { status });
const place = { room: "r", peerId: "p", token: "t", invite: "i" };

describe("joining", () => {
  it("gives the place that the door gives", async () => {
    const result = await join({ room: "r" }, answer(200, { ...place, expiresAt: 1 }));
    expect(result).toEqual({ ok: true, place });
  });

  it.each([
    [401, "keyNeeded"],
    [401, "keyWrong"],
    [401, "keyExpired"],
    [400, "badRoom"],
    [429, "tooMany"],
    [503, "draining"],
  ])("passes on %i %s", async (status, error) => {
    expect(await join({ room: "r" }, answer(status, { error }))).toEqual({ ok: false, problem: error });
  });

  it.each([
    [400, "badRequest"],
    [401, "keyWrong"],
    [429, "tooMany"],
    [502, "unreachable"],
    [200, "unreachable"],
  ])("understands a bare %i", async (status, problem) => {
    expect(await join({ room: "r" }, answer(status, {}))).toEqual({ ok: false, problem });
  });

  it("a group gives the participant's identity", async () => {
    let asked = "";
    const result = await joinGroup({ room: "r", name: "Anna" }, async (url, init) => {
      asked = `${url} ${String(init.body)}`;
      return new Response(JSON.stringify({ room: "r", identity: "p", token: "t", invite: "i" }));
    });
    expect(result).toEqual({ ok: true, place });
    expect(asked).toBe('/livekit/join {"room":"r","name":"Anna"}');
  });

  it("says so when nobody answers", async () => {
    const result = await join({ room: "r" }, () => Promise.reject(new TypeError("no network")));
    expect(result).toEqual({ ok: false, problem: "unreachable" });
  });
});

describe("fresh ICE servers", () => {
  it("are asked for with the token in a header, never in the address", async () => {
    let asked: { url: string; init: RequestInit } | undefined;
    await freshIceServers({ ...place, room: "a b" }, async (url, init) => {
      asked = { url, init };
      return new Response("[]");
    });
    expect(asked?.url).toBe("/direct/ice-servers?room=a%20b");
    expect(asked?.init.headers).toEqual({ authorization: "Bearer t" });
  });

  it("are unknown when the door refuses or talks nonsense", async () => {
    expect(await freshIceServers(place, answer(401, {}))).toBeUndefined();
    expect(await freshIceServers(place, async () => new Response("<html>"))).toBeUndefined();
  });
});

it("uses the secure scheme on a secure page", () => {
  expect(socketUrl({ protocol: "https:", host: "h:4443" }, "ä/b")).toBe(
    "wss://h:4443/direct?room=%C3%A4%2Fb",
  );
  expect(socketUrl({ protocol: "http:", host: "h" }, "r")).toBe("ws://h/direct?room=r");
});
