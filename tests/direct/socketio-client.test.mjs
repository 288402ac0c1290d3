// The direct door, seen by an unmodified socket.io-client 4.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { Client, assertNothingCame, freshRoom, token, url } from "./client.mjs";

const open = [];

async function connect(options) {
  const client = await Client.open(options);
  open.push(client);
  return client;
}

after(() => open.forEach((client) => client.close()));

for (const transports of [["polling", "websocket"], ["websocket"], ["polling"]]) {
  describe(`over ${transports.join(", then ")}`, () => {
    it("tells the newcomer who is there, and the others of the newcomer", async () => {
      const auth = { room: freshRoom() };
      const ann = await connect({ transports, auth, peerId: "ann", peerType: "camera" });
      assert.deepEqual(ann.opened, {
        from: "all",
        target: "ann",
        payload: { action: "open", connections: [], bePolite: false },
      });
      const bob = await connect({ transports, auth, peerId: "bob" });
      assert.deepEqual(bob.opened, {
        from: "all",
        target: "bob",
        payload: {
          action: "open",
          connections: [{ socketId: ann.id, peerId: "ann", peerType: "camera" }],
          bePolite: false,
        },
      });
      assert.deepEqual(await ann.next("message"), {
        from: "bob",
        target: "all",
        payload: { action: "open", connections: [{ socketId: bob.id, peerId: "bob" }], bePolite: true },
      });
    });

    it("passes messages on unchanged, to all or to one", async () => {
      const auth = { room: freshRoom() };
      const ann = await connect({ transports, auth, peerId: "ann" });
      const bob = await connect({ transports, auth, peerId: "bob" });
      const eve = await connect({ transports, auth, peerId: "eve" });
      for (const client of [ann, ann, bob]) await client.next("message");

      const toAll = { from: "ann", target: "all", payload: { action: "hello", list: [1, 2.5, "세", null, { deep: true }] } };
      ann.emit("message", toAll);
      assert.deepEqual(await bob.next("message"), toAll);
      assert.deepEqual(await eve.next("message"), toAll);

      const toOne = { from: "bob", target: "eve", message: "for you alone" };
      bob.emit("messageOne", toOne);
      assert.deepEqual(await eve.next("message"), toOne);
      await assertNothingCame(ann, bob);

      for (const value of ["text", 42, true, ["a", ["list"]], null]) {
        ann.emit("message", value);
        assert.deepEqual(await eve.next("message").then((got) => (got?.fence ? eve.next("message") : got)), value);
      }
    });

    it("tells the others when a peer goes, and its name is free again", async () => {
      const auth = { room: freshRoom() };
      const ann = await connect({ transports, auth, peerId: "ann" });
      const bob = await connect({ transports, auth, peerId: "bob" });
      await ann.next("message");
      bob.close();
      assert.deepEqual(await ann.next("message"), {
        from: "bob",
        target: "all",
        payload: { action: "close", message: "Peer has left the signaling server" },
      });
      const again = await connect({ transports, auth, peerId: "bob" });
      assert.equal(again.opened.payload.connections[0].peerId, "ann");
    });

    it("refuses a peerId that is taken, and disconnects its second owner", async () => {
      const auth = { room: freshRoom() };
      const ann = await connect({ transports, auth, peerId: "ann" });
      const second = await connect({ transports, auth });
      second.ready("ann");
      const text = "ann is already connected to the signalling server. Please change your peer ID and try again.";
      assert.deepEqual(await second.next("uniquenessError"), { message: text, error: text });
      assert.equal(await second.next("disconnect"), "io server disconnect");
      const bob = await connect({ transports, auth, peerId: "bob" });
      assert.equal(bob.opened.payload.connections.length, 1);
      assert.equal((await ann.next("message")).from, "bob", "no close message for the refused one");
    });

    it("refuses a wrong token, and no token", async () => {
      for (const wrong of ["wrong", "", `${token}x`, null, 7, undefined]) {
        const client = new Client({ transports, auth: { token: wrong } });
        open.push(client);
        assert.equal(await client.next("connect_error"), "Authentication error");
        assert.equal(client.socket.connected, false);
      }
    });

    it("keeps rooms apart", async () => {
      const here = freshRoom();
      const there = freshRoom();
      const ann = await connect({ transports, auth: { room: here }, peerId: "ann" });
      const other = await connect({ transports, auth: { room: there }, peerId: "ann" });
      assert.deepEqual(other.opened.payload.connections, []);
      const bob = await connect({ transports, auth: { room: here }, peerId: "bob" });
      await ann.next("message");
      other.emit("message", { from: "ann", message: "not for here" });
      other.emit("messageOne", { from: "ann", target: "bob", message: "nor this" });
      assert.equal((await other.next("targetError")).target, "bob");
      await assertNothingCame(bob, ann);
    });

    it("gives out ICE servers after ready", async () => {
      const ann = await connect({ transports, auth: { room: freshRoom() }, peerId: "ann" });
      const servers = await ann.next("iceServers");
      assert.ok(Array.isArray(servers) && servers.length > 0);
      const turn = servers.find((server) => server.urls.some((one) => one.startsWith("turn:")));
      assert.match(turn.username, /^\d+:[^:]+$/);
      const lives = Number(turn.username.split(":")[0]) - Date.now() / 1000;
      assert.ok(lives > 3500 && lives <= 3601, `an hour, not ${lives} s`);
      assert.equal(Buffer.from(turn.credential, "base64").length, 20);
    });
  });
}

describe("what Moim adds", () => {
  it("does not let one peer speak for another", async () => {
    const auth = { room: freshRoom() };
    const ann = await connect({ auth, peerId: "ann" });
    const eve = await connect({ auth, peerId: "eve" });
    await ann.next("message");
    eve.emit("message", { from: "bob", target: "all", message: "I am bob" });
    assert.deepEqual(await ann.next("message"), { from: "eve", target: "all", message: "I am bob" });
    eve.emit("messageOne", { from: { not: "a name" }, target: "ann", message: "hm" });
    assert.equal((await ann.next("message")).from, "eve");
  });

  it("says when a target is not there", async () => {
    const ann = await connect({ auth: { room: freshRoom() }, peerId: "ann" });
    ann.emit("messageOne", { from: "ann", target: "nobody", message: "?" });
    const error = await ann.next("targetError");
    assert.equal(error.target, "nobody");
    assert.match(error.message, /nobody/);
    ann.emit("messageOne", "no object");
    assert.equal((await ann.next("targetError")).target, null);
  });

  it("answers a message over 64 KiB with limitError, and goes on", async () => {
    const auth = { room: freshRoom() };
    const ann = await connect({ auth, peerId: "ann" });
    const bob = await connect({ auth, peerId: "bob" });
    await ann.next("message");
    ann.emit("message", { from: "ann", message: "x".repeat(70_000) });
    const error = await ann.next("limitError");
    assert.equal(error.limit, "messageBytes");
    assert.match(error.message, /65536/);
    const fits = { from: "ann", message: "x".repeat(64_000) };
    ann.emit("message", fits);
    assert.deepEqual(await bob.next("message"), fits);
  });

  it("answers a flood with limitError, and then ends it; the others are not disturbed", async () => {
    const auth = { room: freshRoom() };
    const ann = await connect({ auth, peerId: "ann" });
    const bob = await connect({ auth, peerId: "bob" });
    const eve = await connect({ transports: ["websocket"], auth, peerId: "eve" });
    for (let number = 0; number < 3000; number += 1) eve.emit("messageOne", { from: "eve", target: "eve", number });
    assert.equal((await eve.next("limitError")).limit, "messagesPerSecond");
    assert.equal(await eve.next("disconnect"), "io server disconnect");
    const closed = async (client) => {
      for (;;) {
        const message = await client.next("message");
        if (message.from === "eve" && message.payload.action === "close") return;
      }
    };
    await Promise.all([closed(ann), closed(bob)]);
    ann.emit("message", { from: "ann", message: "still here" });
    assert.equal((await bob.next("message")).message, "still here");
  });

  it("refuses what is no name", async () => {
    const ann = await connect({ auth: { room: freshRoom() } });
    for (const name of ["", 7, null, "x".repeat(200), "line\nbreak", "all", { toString: "no" }]) {
      ann.ready(name);
      assert.equal((await ann.next("limitError")).limit, "peerId");
    }
    const client = new Client({ auth: { room: "r".repeat(200) } });
    open.push(client);
    assert.match(await client.next("connect_error"), /room/);
  });

  it("lists who is connected to those with the token", async () => {
    const auth = { room: freshRoom() };
    const ann = await connect({ auth, peerId: "ann", peerType: { kind: "desk", floor: 3 } });
    const expected = [{ socketId: ann.id, peerId: "ann", peerType: { kind: "desk", floor: 3 } }];
    const asked = `${url}/connections?room=${auth.room}`;
    const withQuery = await fetch(`${asked}&token=${encodeURIComponent(token)}`);
    assert.deepEqual(await withQuery.json(), expected);
    const headers = { authorization: `Bearer ${token}` };
    assert.deepEqual(await (await fetch(asked, { headers })).json(), expected);
    const everybody = await (await fetch(`${url}/connections`, { headers })).json();
    assert.ok(everybody.some((peer) => peer.socketId === ann.id));
    if (!process.env.MOIM_DEV) {
      assert.equal((await fetch(asked)).status, 401);
      assert.equal((await fetch(`${asked}&token=wrong`)).status, 401);
    }
  });

  it("is open to pages of any origin", async () => {
    const headers = { origin: "https://somewhere.example" };
    const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("access-control-allow-origin"), "*");
    const preflight = await fetch(`${url}/direct/ice-servers`, {
      method: "OPTIONS",
      headers: { ...headers, "access-control-request-method": "GET", "access-control-request-headers": "authorization" },
    });
    assert.match(preflight.headers.get("access-control-allow-headers"), /authorization/i);
  });

  it("accepts a signed token for its room and its peer alone", async () => {
    const room = freshRoom();
    const headers = { "content-type": "application/json" };
    const join = async (body) => {
      const answer = await fetch(`${url}/direct/join`, { method: "POST", headers, body: JSON.stringify(body) });
      return { status: answer.status, ...(await answer.json()) };
    };
    const place = await join({ room, key: token });
    assert.equal(place.status, 200);
    const elsewhere = new Client({ auth: { token: place.token, room: freshRoom() } });
    open.push(elsewhere);
    assert.equal(await elsewhere.next("connect_error"), "Authentication error");

    const first = await connect({ auth: { token: place.token, room } });
    first.ready("somebody-else");
    assert.equal((await first.next("limitError")).limit, "peerId");
    first.ready(place.peerId);
    await first.next("message");
    const bob = await connect({ auth: { token, room }, peerId: "bob" });
    await first.next("message");

    const second = await connect({ auth: { token: place.token }, peerId: place.peerId });
    assert.match((await first.next("replaced")).message, /./);
    assert.equal(await first.next("disconnect"), "io server disconnect");
    const again = await bob.next("message");
    assert.deepEqual(again.payload.connections, [{ socketId: second.id, peerId: place.peerId }]);
    await assertNothingCame(bob, second);

    const guest = await join({ room, key: place.invite ?? token, peerId: place.peerId });
    if (guest.status === 200) {
      const intruder = await connect({ auth: { token: guest.token, room } });
      intruder.ready(place.peerId);
      await intruder.next("uniquenessError");
    }
  });
});
