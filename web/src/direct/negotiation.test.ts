import { describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../json";
import { FakeConnection } from "../testing/fake_connection";
import { Negotiation } from "./negotiation";

interface Side {
  pc: FakeConnection;
  negotiation: Negotiation;
  outbox: JsonObject[];
  failures: string[];
}

function side(name: string, polite: boolean): Side {
  const pc = new FakeConnection(name);
  const outbox: JsonObject[] = [];
  const failures: string[] = [];
  const negotiation = new Negotiation({
    pc: pc as unknown as RTCPeerConnection,
    polite,
    send: (body) => void outbox.push(body),
    beforeAnswer: async () => {},
    failed: (reason) => void failures.push(reason),
  });
  return { pc, negotiation, outbox, failures };
}

const rest = () => new Promise((next) => setTimeout(next, 0));

/** Carries messages both ways until nothing is under way. */
async function exchange(one: Side, two: Side): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await rest();
    for (const body of one.outbox.splice(0)) two.negotiation.handle(body);
    for (const body of two.outbox.splice(0)) one.negotiation.handle(body);
  }
}

function two() {
  const impolite = side("impolite", false);
  const polite = side("polite", true);
  return { impolite, polite };
}

describe("negotiation", () => {
  it("begins with the impolite side's offer, although both need it", async () => {
    const { impolite, polite } = two();
    impolite.pc.need();
    polite.pc.need();
    await rest();
    expect(polite.outbox).toEqual([]);
    await exchange(impolite, polite);
    expect([impolite.pc.signalingState, polite.pc.signalingState]).toEqual(["stable", "stable"]);
    expect(polite.pc.remote).toBe("offer impolite 1");
  });

  it("survives offers that cross: the polite side yields", async () => {
    const { impolite, polite } = two();
    impolite.pc.need();
    await exchange(impolite, polite);
    impolite.pc.need();
    polite.pc.need();
    await exchange(impolite, polite);
    expect([impolite.pc.signalingState, polite.pc.signalingState]).toEqual(["stable", "stable"]);
    expect(polite.pc.remote).toBe("offer impolite 2");
    expect([...impolite.failures, ...polite.failures]).toEqual([]);
  });

  it("ignores candidates of an offer that it has ignored", async () => {
    const { impolite, polite } = two();
    impolite.pc.need();
    await exchange(impolite, polite);
    impolite.pc.rejectCandidates = true;
    impolite.negotiation.handle({ candidate: { candidate: "candidate:1", sdpMid: "0" } });
    await vi.waitFor(() => expect(impolite.pc.calls.at(-1)).toBe("candidate"));
    await rest();
    expect(impolite.failures).toEqual([]);
  });

  it("drops an answer that nobody waits for", async () => {
    const { impolite } = two();
    impolite.negotiation.handle({ description: { type: "answer", sdp: "answer late" } });
    await rest();
    expect(impolite.pc.signalingState).toBe("stable");
    expect(impolite.failures).toEqual([]);
  });

  it("reports a description that the browser refuses", async () => {
    const { polite } = two();
    polite.pc.rejectDescriptions = true;
    polite.negotiation.handle({ description: { type: "offer", sdp: "nonsense" } });
    await vi.waitFor(() => expect(polite.failures).toHaveLength(1));
  });

  it.each([
    {},
    { description: null },
    { description: { type: "rollback", sdp: "" } },
    { description: { type: "offer", sdp: 7 } },
    { description: { type: "offer", sdp: "x".repeat(60_000) } },
  ])("does not hand nonsense to the browser", async (body) => {
    const { polite } = two();
    polite.negotiation.handle(body);
    await rest();
    expect(polite.pc.remote).toBeUndefined();
    expect(polite.failures).toEqual([]);
  });

  it("works messages off in order, however long each takes", async () => {
    const { polite } = two();
    polite.pc.slowMs = 20;
    polite.negotiation.handle({ description: { type: "offer", sdp: "offer far 1" } });
    polite.negotiation.handle({ candidate: { candidate: "candidate:1" } });
    await vi.waitFor(() => expect(polite.pc.calls).toEqual(["setRemote", "setLocal", "candidate"]));
  });
});
