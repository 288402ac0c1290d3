import { describe, expect, it } from "vitest";
import type { JsonObject } from "../json";
import { isPolite, Link, parseHello } from "./link";

/** Two links, and a wire between them that can be cut. */
function pairOfLinks() {
  const wire = { cut: false, toBen: [] as JsonObject[], toAnna: [] as JsonObject[] };
  const anna = new Link("a1", "b1", (payload) => void (wire.cut || wire.toBen.push(payload)));
  const ben = new Link("b1", "a1", (payload) => void (wire.cut || wire.toAnna.push(payload)));
  const deliver = (): unknown[] => wire.toBen.splice(0).map((payload) => ben.handleSignal(payload));
  return { wire, anna, ben, deliver };
}

const hello = (instance: string, to: string, received: number) => ({
  instance,
  to,
  polite: false,
  received,
  about: {},
});

describe("a link", () => {
  it("delivers in order", () => {
    const { anna, deliver } = pairOfLinks();
    anna.send({ n: 1 });
    anna.send({ n: 2 });
    expect(deliver()).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it("repeats what was lost after a new greeting, and nothing twice", () => {
    const { wire, anna, ben, deliver } = pairOfLinks();
    anna.send({ n: 1 });
    deliver();
    wire.cut = true;
    anna.send({ n: 2 });
    anna.send({ n: 3 });
    wire.cut = false;
    anna.handleHello(hello("b1", "a1", ben.received));
    expect(deliver()).toEqual([{ n: 2 }, { n: 3 }]);
    anna.handleHello(hello("b1", "a1", 0));
    expect(deliver()).toEqual([undefined, undefined]);
  });

  it("notices a gap", () => {
    const { wire, anna, deliver } = pairOfLinks();
    wire.cut = true;
    anna.send({ n: 1 });
    wire.cut = false;
    anna.send({ n: 2 });
    expect(deliver()).toEqual(["gap"]);
  });

  it("drops what is meant for another instance", () => {
    const { ben } = pairOfLinks();
    const payload = { action: "moim-signal", instance: "a1", to: "b0", seq: 1, received: 0, body: {} };
    expect(ben.handleSignal(payload)).toBeUndefined();
    expect(ben.handleSignal({ ...payload, to: "b1", instance: "a0" })).toBeUndefined();
    expect(ben.handleSignal({ ...payload, to: "b1" })).toEqual({});
  });

  it("forgets what the other side has, and gives up when that never comes", () => {
    const { anna, ben, wire, deliver } = pairOfLinks();
    for (let n = 0; n < 400; n += 1) expect(anna.send({ n })).toBe(true);
    deliver();
    ben.send({});
    anna.handleSignal(wire.toAnna[0] ?? {});
    for (let n = 0; n < 500; n += 1) expect(anna.send({ n })).toBe(true);
    expect(anna.send({})).toBe(false);
  });

  it("does not stumble over nonsense", () => {
    const { ben } = pairOfLinks();
    for (const seq of [-1, 1.5, "1", null, Number.NaN]) {
      expect(ben.handleSignal({ instance: "a1", to: "b1", seq, body: {} })).toBeUndefined();
    }
    expect(ben.handleSignal({ instance: "a1", to: "b1", seq: 1, body: "x" })).toBeUndefined();
  });
});

describe("roles", () => {
  it("follow the door's word", () => {
    expect(isPolite({ instance: "z", polite: true }, { instance: "a", polite: false })).toBe(true);
    expect(isPolite({ instance: "a", polite: false }, { instance: "z", polite: true })).toBe(false);
  });

  it("are never the same on both sides", () => {
    for (const mine of [true, false]) {
      for (const theirs of [true, false]) {
        const anna = { instance: "a", polite: mine };
        const ben = { instance: "b", polite: theirs };
        expect(isPolite(anna, ben)).not.toBe(isPolite(ben, anna));
      }
    }
  });
});

it("a greeting without an instance is none", () => {
  expect(parseHello({ action: "moim-hello" })).toBeUndefined();
  expect(parseHello({ action: "other", instance: "x" })).toBeUndefined();
  expect(parseHello({ action: "moim-hello", instance: "x", received: -4, about: [] })).toEqual(
    hello("x", "", 0),
  );
});
