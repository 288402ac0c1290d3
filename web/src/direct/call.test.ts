import { beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../json";
import { LocalMedia } from "../media/local_media";
import { Session } from "../signaling/session";
import { FakeClock } from "../testing/fake_clock";
import { FakeLegConnection } from "../testing/fake_leg_connection";
import { type FakeSocket, fakeSockets } from "../testing/fake_socket";
import { Call } from "./call";

let clock: FakeClock;
let sockets: FakeSocket[];
let connections: FakeLegConnection[];
let call: Call;
let ended: string[];

const door = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (!socket) throw new Error("nothing was opened");
  return socket;
};
const peers = (peerIds: string[], bePolite: boolean): void =>
  door().tell("message", {
    from: bePolite ? (peerIds[0] ?? "") : "all",
    payload: { action: "open", connections: peerIds.map((peerId) => ({ peerId })), bePolite },
  });
const hello = (from: string, instance: string, more: JsonObject = {}): void =>
  door().tell("message", {
    from,
    payload: { action: "moim-hello", instance, to: "", polite: false, received: 0, ...more },
  });
const greetings = (): JsonObject[] =>
  door()
    .sent.filter((frame) => frame.event === "messageOne")
    .map((frame) => (frame.data as { payload: JsonObject }).payload)
    .filter((payload) => payload["action"] === "moim-hello");
const state = () => call.snapshot.status.state;

/** Ben comes, and his page says who it is. */
function benComes(instance = "b1"): void {
  peers(["ben"], true);
  hello("ben", instance, { about: { name: "Ben" } });
}

beforeEach(() => {
  vi.stubGlobal(
    "MediaStream",
    class {
      getTracks(): unknown[] {
        return [];
      }
    },
  );
  clock = new FakeClock();
  const fake = fakeSockets();
  sockets = fake.sockets;
  connections = [];
  ended = [];
  let ids = 0;
  const session = new Session({
    url: "ws://door",
    peerId: "anna",
    token: () => "t",
    renewToken: async () => "never",
    clock,
    openSocket: fake.open,
    random: () => 0.5,
  });
  call = new Call({
    name: "Anna",
    session,
    media: new LocalMedia(undefined),
    clock,
    wallClock: () => 0,
    newId: () => `i${++ids}`,
    freshIceServers: async () => undefined,
    createConnection: () => {
      const connection = new FakeLegConnection();
      connections.push(connection);
      return connection as unknown as RTCPeerConnection;
    },
  });
  call.events.on("ended", (reason) => ended.push(reason));
  call.start();
  door().accept();
  peers([], false);
  door().tell("iceServers", [{ urls: "stun:door" }]);
});

describe("a call", () => {
  it("waits, and greets who comes", () => {
    expect(state()).toBe("waiting");
    benComes();
    expect(state()).toBe("connecting");
    expect(call.snapshot.remote?.name).toBe("Ben");
    expect(greetings().at(-1)).toMatchObject({ to: "b1", about: { name: "Anna" } });
  });

  it("keeps its connection when the same page comes back through another WebSocket", () => {
    benComes();
    hello("ben", "b1", { to: greetings().at(-1)?.["instance"] });
    peers(["ben"], true);
    hello("ben", "b1", { to: greetings().at(-1)?.["instance"] });
    expect(connections).toHaveLength(1);
    expect(connections[0]?.closed).toBe(false);
  });

  it("starts a new connection when the other page was loaded anew", () => {
    benComes("b1");
    benComes("b2");
    expect(connections.map((connection) => connection.closed)).toEqual([true, false]);
  });

  it("notices a goodbye at once, and takes a new instance for the next meeting", () => {
    benComes();
    const before = greetings().at(-1)?.["instance"];
    connections[0]?.channel.tell({ kind: "bye" });
    expect(state()).toBe("left");
    expect(connections[0]?.closed).toBe(true);
    benComes();
    expect(greetings().at(-1)?.["instance"]).not.toBe(before);
    expect(state()).toBe("connecting");
  });

  it("goes on without the door as long as something arrives", async () => {
    benComes();
    connections[0]?.connect();
    for (let n = 0; n < 8; n += 1) await tick();
    expect(state()).toBe("connected");
    door().tell("message", { from: "ben", payload: { action: "close", message: "" } });
    for (let n = 0; n < 8; n += 1) await tick();
    expect(state()).toBe("connected");
  });

  it("takes somebody for gone when the door says so and nothing arrives any more", async () => {
    benComes();
    connections[0]?.connect();
    for (let n = 0; n < 8; n += 1) await tick();
    door().tell("message", { from: "ben", payload: { action: "close", message: "" } });
    connections[0]?.silence();
    for (let n = 0; n < 60 && state() !== "left"; n += 1) {
      await tick();
      // The door itself is well, and answers when it is asked.
      sockets[0]?.tell("pong", sockets[0].last("ping"));
    }
    expect(state()).toBe("left");
  });

  it("leaves a third alone", () => {
    benComes();
    peers(["cleo"], true);
    hello("cleo", "c1");
    expect(connections).toHaveLength(1);
    expect(call.snapshot.remote?.name).toBe("Ben");
  });

  it("does not make a connection for each of a flood of greetings", () => {
    for (let n = 0; n < 1000; n += 1) benComes(`b${n}`);
    expect(connections).toHaveLength(10);
    clock.advance(20_000);
    benComes("late");
    expect(connections).toHaveLength(11);
  });

  it("ends when another page of the same person takes over", () => {
    door().tell("replaced", {});
    expect(ended).toEqual(["replaced"]);
  });

  it("says goodbye when it is left", () => {
    benComes();
    const { channel } = connections[0] ?? new FakeLegConnection();
    call.leave();
    expect(channel.sent.at(-1)).toEqual({ kind: "bye" });
    expect(door().closed).toBe(true);
  });
});

/** A quarter of a second, with the answers of `getStats` on the way. */
async function tick(): Promise<void> {
  clock.advance(250);
  for (let n = 0; n < 4; n += 1) await Promise.resolve();
}
