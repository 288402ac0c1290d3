import { beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock";
import type { ControlMessage } from "../direct/control";
import { FakeChannel } from "../testing/fake_channel";
import { createDigest } from "./digest";
import { IncomingFile } from "./incoming";
import { sendFile } from "./outgoing";
import { MAX_FILE_BYTES, MAX_OPEN_OFFERS, safeName } from "./transfer";
import { Transfers } from "./transfers";

/** Two pages, joined by a control channel and as many file channels as they open. */
class Two {
  readonly anna: Transfers;
  readonly ben: Transfers;
  reachable = true;
  tamper = (data: string | ArrayBuffer): string | ArrayBuffer => data;
  readonly channels: FakeChannel[] = [];
  #ids = 0;

  constructor() {
    this.anna = this.#page(() => this.ben);
    this.ben = this.#page(() => this.anna);
  }

  #page(other: () => Transfers): Transfers {
    return new Transfers({
      send: (message: ControlMessage) => {
        if (this.reachable) queueMicrotask(() => other().handleMessage(message));
        return this.reachable;
      },
      openChannel: (label) => {
        const [mine, theirs] = FakeChannel.pair(label, (data) => this.tamper(data));
        this.channels.push(mine, theirs);
        queueMicrotask(() => void other().handleChannel(theirs as unknown as RTCDataChannel));
        return mine;
      },
      maxMessageBytes: () => 262_144,
      newId: () => `id${++this.#ids}`,
      wallClock: () => 0,
      clock: systemClock,
    });
  }
}

const state = (transfers: Transfers) => transfers.rows.map((row) => row.reason ?? row.state);
/** Lets everything that is under way arrive. */
const settle = async (done: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 2000 && !done(); turn += 1) await new Promise((next) => setTimeout(next, 1));
};
const over = (two: Two) => () =>
  [...two.anna.rows, ...two.ben.rows].every((row) => ["done", "failed"].includes(row.state));

let two: Two;
beforeEach(() => {
  two = new Two();
});

async function offered(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  two.anna.offer(new File([bytes], "a.bin", { type: "application/x-a" }));
  await settle(() => two.ben.rows.length > 0);
  return two.ben.rows[0]?.id ?? "";
}

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 31) % 251);

describe("a file", () => {
  it.each([0, 1, 65_536, 3_000_001])("of %i bytes arrives whole", async (length) => {
    const bytes = bytesOf(length);
    two.ben.accept(await offered(bytes));
    await settle(over(two));
    expect([state(two.anna), state(two.ben)]).toEqual([["done"], ["done"]]);
    const received = await fetch(two.ben.rows[0]?.url ?? "").then((response) => response.arrayBuffer());
    // Comparing element by element would take seconds.
    expect(Buffer.from(received).equals(bytes)).toBe(true);
  });

  it("waits for the receiver's yes", async () => {
    await offered(bytesOf(10));
    await new Promise((next) => setTimeout(next, 20));
    expect([state(two.anna), state(two.ben)]).toEqual([["offered"], ["offered"]]);
    expect(two.channels).toHaveLength(0);
  });

  it("that is declined is not sent", async () => {
    two.ben.decline(await offered(bytesOf(10)));
    await settle(over(two));
    expect([state(two.anna), state(two.ben)]).toEqual([["declined"], ["declined"]]);
    expect(two.channels).toHaveLength(0);
  });

  it("can be cancelled on the way by either side", async () => {
    for (const canceller of ["anna", "ben"] as const) {
      two = new Two();
      FakeChannel.stalled = true;
      const id = await offered(bytesOf(5_000_000));
      two.ben.accept(id);
      await settle(() => two.anna.rows[0]?.state === "sending");
      two[canceller].cancel(id);
      FakeChannel.stalled = false;
      await settle(over(two));
      expect([state(two.anna), state(two.ben)]).toEqual([["cancelled"], ["cancelled"]]);
    }
  });

  it("that was changed on the way is refused", async () => {
    two.tamper = (data) => {
      if (typeof data !== "string") new Uint8Array(data)[0] = 99;
      return data;
    };
    two.ben.accept(await offered(bytesOf(1000)));
    await settle(over(two));
    expect([state(two.anna), state(two.ben)]).toEqual([["corrupt"], ["corrupt"]]);
    expect(two.ben.rows[0]?.url).toBeUndefined();
  });

  it("fails on both sides when the connection goes", async () => {
    FakeChannel.stalled = true;
    two.ben.accept(await offered(bytesOf(5_000_000)));
    await settle(() => two.anna.rows[0]?.state === "sending");
    two.anna.handleDisconnected();
    two.ben.handleDisconnected();
    FakeChannel.stalled = false;
    expect([state(two.anna), state(two.ben)]).toEqual([["interrupted"], ["interrupted"]]);
  });

  it("is not offered when nobody can be reached", () => {
    two.reachable = false;
    two.anna.offer(new File(["x"], "x"));
    expect(state(two.anna)).toEqual(["interrupted"]);
  });
});

describe("a stranger", () => {
  const offer = (id: string, size: number): ControlMessage => ({
    kind: "file-offer",
    id,
    name: "x",
    size,
    type: "",
  });

  it("cannot offer more than the limit", () => {
    two.ben.handleMessage(offer("1", MAX_FILE_BYTES + 1));
    expect(state(two.ben)).toEqual(["tooLarge"]);
  });

  it("cannot fill the page with offers", () => {
    for (let n = 0; n < 100; n += 1) two.ben.handleMessage(offer(`o${n}`, 1));
    expect(two.ben.rows).toHaveLength(MAX_OPEN_OFFERS);
  });

  it("cannot push a file that was not accepted", async () => {
    const [, theirs] = FakeChannel.pair("file:unasked", (data) => data);
    await two.ben.handleChannel(theirs as unknown as RTCDataChannel);
    expect(theirs.readyState).toBe("closed");
    expect(two.ben.rows).toHaveLength(0);
  });

  it("cannot have a file sent by accepting it twice", async () => {
    const id = await offered(bytesOf(10));
    two.anna.handleMessage({ kind: "file-accept", id });
    two.anna.handleMessage({ kind: "file-accept", id });
    expect(two.channels).toHaveLength(2);
  });

  it("cannot declare our file received before it was sent", async () => {
    const id = await offered(bytesOf(10));
    two.anna.handleMessage({ kind: "file-end", id, reason: "done" });
    expect(state(two.anna)).toEqual(["interrupted"]);
  });
});

it("sending waits for the channel to drain", async () => {
  FakeChannel.stalled = true;
  const [channel] = FakeChannel.pair("file:1", (data) => data);
  const file = new Blob([bytesOf(4_000_000)]);
  const sending = sendFile({
    file,
    channel,
    digest: await createDigest(),
    maxMessageBytes: 65_536,
    progress: () => {},
    signal: new AbortController().signal,
  });
  await new Promise((next) => setTimeout(next, 30));
  expect(channel.bufferedAmount).toBeLessThan(1_200_000);
  FakeChannel.stalled = false;
  channel.drain();
  await sending;
});

it("more bytes than announced are refused before they are kept", async () => {
  const incoming = new IncomingFile(10, "", await createDigest());
  expect(incoming.handle(new ArrayBuffer(10)).step).toBe("more");
  expect(incoming.handle(new ArrayBuffer(1)).step).toBe("corrupt");
});

it("fewer bytes than announced are no whole file", async () => {
  const digest = await createDigest();
  digest.update(new Uint8Array(5));
  const incoming = new IncomingFile(10, "", await createDigest());
  incoming.handle(new ArrayBuffer(5));
  expect(incoming.handle(JSON.stringify({ sha256: digest.hex() })).step).toBe("corrupt");
});

it("the digest is SHA-256", async () => {
  const digest = await createDigest();
  digest.update(new TextEncoder().encode("abc"));
  expect(digest.hex()).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

it.each([
  ["../../etc/passwd", "_.._etc_passwd"],
  ["a\u202Egpj.exe", "agpj.exe"],
  ["보고서.pdf", "보고서.pdf"],
  ["..", "file"],
  ["", "file"],
])("the name %j becomes %j", (name, safe) => expect(safeName(name)).toBe(safe));
