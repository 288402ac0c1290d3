// A Socket.IO client that remembers what it was told, so that a test can ask for it in any order.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

/** Where the server is, e.g. http://127.0.0.1:7880, and its shared token. */
export const url = process.env.MOIM_URL ?? fail("MOIM_URL: the server's address, e.g. http://127.0.0.1:7880");
export const token = process.env.MOIM_TOKEN ?? fail("MOIM_TOKEN: the server's shared token (direct.token)");

const PATIENCE_MS = 5000;
let rooms = 0;

/** A room that no other test uses. */
export const freshRoom = () => `room-${process.pid}-${(rooms += 1)}`;

export class Client {
  #waiting = [];
  #seen = [];

  constructor(options = {}) {
    const { auth = {}, ...rest } = options;
    this.socket = io(url, { auth: { token, ...auth }, forceNew: true, reconnection: false, ...rest });
    this.socket.onAny((event, ...data) => this.#take({ event, data }));
    this.socket.on("connect", () => this.#take({ event: "connect", data: [] }));
    this.socket.on("disconnect", (reason) => this.#take({ event: "disconnect", data: [reason] }));
    this.socket.on("connect_error", (error) => this.#take({ event: "connect_error", data: [error.message] }));
  }

  /** Connected, and registered if a name is given. */
  static async open(options = {}) {
    const { peerId, peerType, ...rest } = options;
    const client = new Client(rest);
    await client.next("connect");
    if (peerId !== undefined) {
      client.ready(peerId, peerType);
      client.opened = await client.next("message");
    }
    return client;
  }

  get id() {
    return this.socket.id;
  }

  ready(peerId, peerType) {
    if (peerType === undefined) this.socket.emit("ready", peerId);
    else this.socket.emit("ready", peerId, peerType);
  }

  emit(event, ...data) {
    this.socket.emit(event, ...data);
  }

  /** The first argument of the next such event, which may have come already. */
  async next(event) {
    const at = this.#seen.findIndex((one) => one.event === event);
    if (at >= 0) return this.#seen.splice(at, 1)[0].data[0];
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no event ${event} came`)), PATIENCE_MS);
      this.#waiting.push({ event, resolve: (data) => (clearTimeout(late), resolve(data[0])) });
    });
  }

  /** How many such events came and were not asked for. */
  unread(event) {
    return this.#seen.filter((one) => one.event === event).length;
  }

  close() {
    this.socket.disconnect();
  }

  #take(one) {
    const at = this.#waiting.findIndex((waiting) => waiting.event === one.event);
    if (at >= 0) this.#waiting.splice(at, 1)[0].resolve(one.data);
    else this.#seen.push(one);
  }
}

/** Asserts that nothing of the kind came: what `sender` sends afterwards comes first. */
export async function assertNothingCame(receiver, sender) {
  sender.emit("message", { from: "?", fence: true });
  assert.equal((await receiver.next("message")).fence, true);
}

function fail(message) {
  throw new Error(message);
}
