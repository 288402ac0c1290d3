import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../testing/fake_clock";
import { type FakeSocket, fakeSockets } from "../testing/fake_socket";
import { PING_TIMEOUT_MS, Session } from "./session";

let clock: FakeClock;
let sockets: FakeSocket[];
let session: Session;
let heard: string[];
let renewal: "renewed" | "later" | "never";

const socket = (index: number): FakeSocket => {
  const found = sockets.at(index);
  if (!found) throw new Error(`there is no socket ${index}`);
  return found;
};

beforeEach(() => {
  clock = new FakeClock();
  heard = [];
  renewal = "renewed";
  const fake = fakeSockets();
  sockets = fake.sockets;
  session = new Session({
    url: "wss://door/direct?room=r",
    peerId: "anna",
    token: () => "token",
    renewToken: async () => renewal,
    clock,
    openSocket: fake.open,
    random: () => 0.5,
  });
  session.events.on("online", () => heard.push("online"));
  session.events.on("offline", () => heard.push("offline"));
  session.events.on("proven", () => heard.push("proven"));
  session.events.on("peers", ({ peerIds }) => heard.push(`peers ${peerIds}`));
  session.events.on("gone", ({ peerId }) => heard.push(`gone ${peerId}`));
  session.events.on("ended", ({ reason }) => heard.push(`ended ${reason}`));
  session.start();
});

describe("a session", () => {
  it("authenticates first and then registers", () => {
    socket(0).accept();
    expect(socket(0).sent.map((frame) => frame.type ?? frame.event)).toEqual(["auth", "ready"]);
    expect(socket(0).last("ready")).toMatchObject({ peerId: "anna" });
    expect(heard).toEqual(["online"]);
  });

  it("reconnects for ever after its connection has broken", () => {
    socket(0).accept();
    socket(0).break();
    expect(heard).toEqual(["online", "offline"]);
    for (let attempt = 1; attempt < 50; attempt += 1) {
      clock.advance(7000);
      socket(-1).break();
    }
    expect(sockets.length).toBeGreaterThan(40);
    while (socket(-1).closed) clock.advance(100);
    socket(-1).accept();
    expect(session.online).toBe(true);
  });

  it("gives up an attempt that hangs and makes another", () => {
    clock.advance(2000);
    expect(socket(0).closed).toBe(true);
    clock.advance(200);
    expect(sockets).toHaveLength(2);
  });

  it("keeps a doubted connection that answers, and drops the new one", () => {
    socket(0).accept();
    session.suspect();
    expect(session.trusted).toBe(false);
    expect(sockets).toHaveLength(2);
    socket(0).tell("pong", socket(0).last("ping"));
    expect(heard).toEqual(["online", "proven"]);
    expect(socket(1).closed).toBe(true);
    expect(session.trusted).toBe(true);
  });

  it("changes to the new connection at once when it is up before the old one has answered", () => {
    socket(0).accept();
    session.suspect();
    socket(1).accept();
    expect(socket(1).last("ready")).toMatchObject({ peerId: "anna" });
    expect(heard).toEqual(["online", "online"]);
    session.send("ben", { hello: true });
    expect(socket(1).last("messageOne")).toEqual({ from: "anna", target: "ben", payload: { hello: true } });
  });

  it("leaves the old connection open for a while, lest the others be told that it has left", () => {
    socket(0).accept();
    session.suspect();
    socket(1).accept();
    expect(socket(0).closed).toBe(false);
    clock.advance(2000);
    expect(socket(0).closed).toBe(true);
  });

  it("does not listen to a connection that it has replaced", () => {
    socket(0).accept();
    session.suspect();
    socket(1).accept();
    socket(0).tell("replaced");
    socket(0).break();
    expect(heard).toEqual(["online", "online"]);
  });

  it("is offline since the question when there is no answer in time", () => {
    socket(0).accept();
    clock.advance(10_000);
    let since = 0;
    session.events.on("offline", (detail) => {
      since = detail.since;
    });
    session.suspect();
    clock.advance(PING_TIMEOUT_MS);
    expect(heard).toEqual(["online", "offline"]);
    expect(since).toBe(10_000);
  });

  it("ignores the answer to an older question", () => {
    socket(0).accept();
    session.suspect();
    socket(0).tell("pong", 999);
    expect(heard).toEqual(["online"]);
  });

  it("tries anew at once when the network changes while it is offline", () => {
    socket(0).break();
    clock.advance(150);
    const before = sockets.length;
    session.suspect();
    expect(sockets.length).toBe(before + 1);
  });

  it("asks for a new token when the door refuses the old one", async () => {
    socket(0).handlers.opened();
    socket(0).tell("connect_error", { message: "Authentication error" });
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(1000);
    expect(sockets).toHaveLength(2);
  });

  it("ends when there is no other token", async () => {
    renewal = "never";
    socket(0).break(4401);
    await Promise.resolve();
    await Promise.resolve();
    expect(heard).toEqual(["ended refused"]);
    clock.advance(60_000);
    expect(sockets).toHaveLength(1);
  });

  it("does not take a full server for a wrong token", () => {
    socket(0).handlers.opened();
    socket(0).tell("connect_error", { message: "The server has no place for another connection; try later" });
    clock.advance(1000);
    expect(sockets).toHaveLength(2);
  });

  it("ends when another page takes its place", () => {
    socket(0).accept();
    socket(0).tell("replaced", { message: "elsewhere" });
    expect(heard).toEqual(["online", "ended replaced"]);
    clock.advance(60_000);
    expect(sockets).toHaveLength(1);
  });

  it("tells who comes and goes", () => {
    socket(0).accept();
    const open = { action: "open", connections: [{ peerId: "ben" }], bePolite: true };
    socket(0).tell("message", { from: "ben", target: "all", payload: open });
    socket(0).tell("message", { from: "ben", target: "all", payload: { action: "close", message: "" } });
    expect(heard).toEqual(["online", "peers ben", "gone ben"]);
  });

  it("says nothing more after it was stopped", () => {
    socket(0).accept();
    session.stop();
    expect(socket(0).closed).toBe(true);
    clock.advance(60_000);
    expect(sockets).toHaveLength(1);
  });
});
