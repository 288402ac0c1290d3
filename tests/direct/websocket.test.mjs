// The direct door over a plain WebSocket, alone and in one room with Socket.IO.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import WebSocket from "ws";
import { Client, freshRoom, token, url } from "./client.mjs";

const open = [];
after(() => open.forEach((one) => one.close()));

/** One WebSocket whose frames can be awaited one after the other. */
class Frames {
  #frames = [];
  #wake = () => {};

  constructor(room, { protocols = ["moim.direct.v1"], path = "/direct" } = {}) {
    const address = `${url.replace(/^http/, "ws")}${path}?room=${encodeURIComponent(room)}`;
    this.socket = new WebSocket(address, protocols, { rejectUnauthorized: false });
    this.opened = new Promise((resolve, reject) => this.socket.once("open", resolve).once("error", reject));
    this.closed = new Promise((resolve) => this.socket.once("close", (code) => resolve(code)));
    this.socket.on("message", (data) => {
      this.#frames.push(JSON.parse(data.toString()));
      this.#wake();
    });
    open.push(this);
  }

  static async authenticated(room, auth = token) {
    const frames = new Frames(room);
    await frames.opened;
    frames.sendRaw({ type: "auth", token: auth });
    assert.deepEqual(await frames.next(), { event: "authenticated", data: {} });
    return frames;
  }

  sendRaw(value) {
    this.socket.send(typeof value === "string" ? value : JSON.stringify(value));
  }

  send(event, data) {
    this.sendRaw({ event, data });
  }

  async next() {
    const late = AbortSignal.timeout(5000);
    while (this.#frames.length === 0) {
      await new Promise((resolve, reject) => {
        this.#wake = resolve;
        late.addEventListener("abort", () => reject(new Error("no frame came")), { once: true });
      });
    }
    return this.#frames.shift();
  }

  close() {
    this.socket.terminate();
  }
}

describe("a plain WebSocket", () => {
  it("is told that it is in, who is there, and its ICE servers", async () => {
    const ann = await Frames.authenticated(freshRoom());
    assert.equal(ann.socket.protocol, "moim.direct.v1");
    ann.send("ready", { peerId: "ann", peerType: "plain" });
    assert.deepEqual(await ann.next(), {
      event: "message",
      data: { from: "all", target: "ann", payload: { action: "open", connections: [], bePolite: false } },
    });
    const ice = await ann.next();
    assert.equal(ice.event, "iceServers");
    assert.ok(ice.data.length > 0);
  });

  it("meets Socket.IO in one room", async () => {
    const room = freshRoom();
    const ann = await Frames.authenticated(room);
    ann.send("ready", { peerId: "ann" });
    await ann.next();
    await ann.next();
    const bob = await Client.open({ auth: { room }, peerId: "bob" });
    open.push(bob);
    assert.equal(bob.opened.payload.connections[0].peerId, "ann");
    const opened = await ann.next();
    assert.deepEqual(opened.data.payload.connections, [{ socketId: bob.id, peerId: "bob" }]);

    const offer = { from: "ann", target: "bob", payload: { action: "offer", sdp: "v=0" } };
    ann.send("messageOne", offer);
    assert.deepEqual(await bob.next("message"), offer);
    const answer = { from: "bob", target: "all", payload: { action: "answer" } };
    bob.emit("message", answer);
    assert.deepEqual(await ann.next(), { event: "message", data: answer });

    ann.socket.close();
    assert.equal((await bob.next("message")).payload.action, "close");
  });

  it("is refused with a wrong token", async () => {
    for (const first of [{ type: "auth", token: "wrong" }, { type: "auth" }, { event: "ready" }, "no json", "[]"]) {
      const frames = new Frames(freshRoom());
      await frames.opened;
      frames.sendRaw(first);
      assert.deepEqual(await frames.next(), { event: "connect_error", data: { message: "Authentication error" } });
      assert.equal(await frames.closed, 4401);
    }
  });

  it("gets its ping back", async () => {
    const ann = await Frames.authenticated(freshRoom());
    ann.send("ping", { at: 12.5, nested: [null] });
    assert.deepEqual(await ann.next(), { event: "pong", data: { at: 12.5, nested: [null] } });
  });

  it("is told what is wrong with a frame, and goes on", async () => {
    const ann = await Frames.authenticated(freshRoom());
    for (const frame of ["", "{", "[]", '"text"', '{"data":1}', '{"event":"nonsense"}', '{"event":7}']) {
      ann.sendRaw(frame);
      const error = await ann.next();
      assert.equal(error.event, "limitError", frame);
      assert.equal(error.data.limit, "event");
    }
    ann.send("ping", 1);
    assert.equal((await ann.next()).event, "pong");
  });

  it("is closed with 4409 when its peerId is taken", async () => {
    const room = freshRoom();
    const ann = await Frames.authenticated(room);
    ann.send("ready", { peerId: "ann" });
    await ann.next();
    const second = await Frames.authenticated(room);
    second.send("ready", { peerId: "ann" });
    assert.equal((await second.next()).event, "uniquenessError");
    assert.equal(await second.closed, 4409);
  });

  it("is closed after a message that is far too long", async () => {
    const ann = await Frames.authenticated(freshRoom());
    ann.send("message", "x".repeat(400_000));
    await ann.closed;
  });

  it("must name the sub-protocol", async () => {
    await assert.rejects(new Frames(freshRoom(), { protocols: ["other"] }).opened, /400/);
    await assert.rejects(new Frames(freshRoom(), { protocols: [] }).opened, /400/);
  });
});
