import { describe, expect, it } from "vitest";
import { type CallFacts, statusOf } from "./status";

const facts = (change: Partial<CallFacts>): CallFacts => ({
  full: false,
  online: true,
  offlineSince: undefined,
  remote: "none",
  connectedOnce: false,
  flowing: false,
  brokenSince: undefined,
  ...change,
});
const state = (change: Partial<CallFacts>) => statusOf(facts(change)).state;
const together = { remote: "present", connectedOnce: true } as const;

describe("the status", () => {
  it("waits in an empty room", () => expect(state({})).toBe("waiting"));
  it("connects before it is registered", () => expect(state({ online: false })).toBe("connecting"));
  it("connects while the first path is sought", () =>
    expect(state({ remote: "present" })).toBe("connecting"));
  it("is connected only while something arrives", () =>
    expect(state({ ...together, flowing: true })).toBe("connected"));
  it("is never connected when nothing arrives", () => expect(state(together)).toBe("reconnecting"));
  it("tells since when it is broken", () =>
    expect(statusOf(facts({ ...together, brokenSince: 7 })).since).toBe(7));
  it("says that the other one has left", () => expect(state({ remote: "left" })).toBe("left"));
  it("does not claim that somebody has left while the door is out of reach", () => {
    expect(state({ remote: "left", online: false, offlineSince: 1 })).toBe("reconnecting");
  });
  it("keeps the call when only the door is lost, and says so", () => {
    const status = statusOf(facts({ ...together, flowing: true, online: false, offlineSince: 5 }));
    expect(status).toEqual({ state: "connected", since: undefined, doorLost: true });
  });
  it("is full before anything else", () => expect(state({ full: true, online: false })).toBe("full"));
});
