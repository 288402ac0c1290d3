// @ts-check
// A TURN client (RFC 8656) that does as it is told: it also asks for what no honest client would.
import { randomBytes } from 'node:crypto';
import { attr, cls, decode, encode, errorOf, longTermKey, method, readXorAddress, valueOf, xorAddress } from './stun.mjs';
import { openWire } from './wire.mjs';

/**
 * @typedef {import('./wire.mjs').Server} Server
 * @typedef {{ user: string, password: string }} Credential
 * @typedef {(transaction: Buffer) => import('./stun.mjs').Attribute[]} Attributes
 */

export class TurnClient {
  /** @type {Map<string, (message: import('./stun.mjs').Message) => void>} */
  #asked = new Map();
  /** @type {import('./wire.mjs').Wire | undefined} */
  #wire;
  /** @type {Buffer | undefined} */
  #realm;
  /** @type {Buffer | undefined} */
  #nonce;

  /** What came from peers: channel numbers, or "data" for indications, each with its bytes. @type {Array<{ from: number | 'data', bytes: Buffer }>} */
  received = [];

  /** @param {Credential} credential */
  constructor(credential) {
    this.credential = credential;
  }

  /** @param {Server} server @param {Credential} credential */
  static async connect(server, credential) {
    const client = new TurnClient(credential);
    client.#wire = await openWire(server, (bytes) => client.#handle(bytes));
    return client;
  }

  /** @param {Buffer} bytes */
  #handle(bytes) {
    if ((bytes[0] ?? 0) >= 0x40) {
      const length = bytes.readUInt16BE(2);
      this.received.push({ from: bytes.readUInt16BE(0), bytes: bytes.subarray(4, 4 + length) });
      return;
    }
    const message = decode(bytes);
    if (!message) return;
    if (message.cls === cls.indication) {
      this.received.push({ from: 'data', bytes: valueOf(message, attr.data) ?? Buffer.alloc(0) });
      return;
    }
    const id = message.transaction.toString('hex');
    this.#asked.get(id)?.(message);
    this.#asked.delete(id);
  }

  /** Bytes as they are. @param {Buffer} bytes */
  raw(bytes) {
    this.#wire?.send(bytes);
  }

  get #key() {
    return longTermKey(this.credential.user, this.#realm?.toString() ?? '', this.credential.password);
  }

  /** @param {number} m @param {Attributes} attributes @returns {Promise<import('./stun.mjs').Message>} */
  #once(m, attributes) {
    const transaction = randomBytes(12);
    const own = attributes(transaction);
    const bytes = this.#realm && this.#nonce
      ? encode(m, cls.request, [
          ...own,
          { type: attr.username, value: Buffer.from(this.credential.user) },
          { type: attr.realm, value: this.#realm },
          { type: attr.nonce, value: this.#nonce },
        ], { key: this.#key, transaction })
      : encode(m, cls.request, own, { transaction });
    return new Promise((resolve, reject) => {
      // One retransmission schedule for every transport: on a stream the server sees it once, for the answer comes first.
      const again = setInterval(() => this.raw(bytes), 1000);
      const late = setTimeout(() => {
        clearInterval(again);
        reject(new Error(`no answer to method ${m}`));
      }, 5000);
      this.#asked.set(transaction.toString('hex'), (message) => {
        clearInterval(again);
        clearTimeout(late);
        resolve(message);
      });
      this.raw(bytes);
    });
  }

  /** Asks, and asks again with the realm and nonce that a 401 or 438 brought. @param {number} m @param {Attributes} attributes */
  async request(m, attributes) {
    let answer = await this.#once(m, attributes);
    if (![401, 438].includes(errorOf(answer)) || !valueOf(answer, attr.nonce)) return answer;
    const first = this.#nonce === undefined || errorOf(answer) === 438;
    this.#realm = Buffer.from(valueOf(answer, attr.realm) ?? Buffer.alloc(0));
    this.#nonce = Buffer.from(valueOf(answer, attr.nonce) ?? Buffer.alloc(0));
    if (first) answer = await this.#once(m, attributes);
    return answer;
  }

  /** @returns {Promise<{ ip: string, port: number }>} the relayed address */
  async allocate() {
    const answer = await this.request(method.allocate, () => [{ type: attr.requestedTransport, value: Buffer.from([17, 0, 0, 0]) }]);
    const relayed = valueOf(answer, attr.xorRelayedAddress);
    if (!relayed) throw new Error(`Allocate was refused with ${errorOf(answer)}`);
    return readXorAddress(relayed);
  }

  /** @param {string} ip @param {number} [port] @returns {Promise<number>} the error code, 0 for success */
  async permit(ip, port = 0) {
    return errorOf(await this.request(method.createPermission, (id) => [{ type: attr.xorPeerAddress, value: xorAddress(ip, port, id) }]));
  }

  /** @param {number} channel @param {string} ip @param {number} port @returns {Promise<number>} the error code, 0 for success */
  async bindChannel(channel, ip, port) {
    const number = Buffer.from([channel >> 8, channel & 255, 0, 0]);
    return errorOf(await this.request(method.channelBind, (id) => [
      { type: attr.channelNumber, value: number },
      { type: attr.xorPeerAddress, value: xorAddress(ip, port, id) },
    ]));
  }

  /** A Send indication. @param {string} ip @param {number} port @param {Buffer} bytes */
  send(ip, port, bytes) {
    const transaction = randomBytes(12);
    this.raw(encode(method.send, cls.indication, [
      { type: attr.xorPeerAddress, value: xorAddress(ip, port, transaction) },
      { type: attr.data, value: bytes },
    ], { transaction }));
  }

  /** @param {number} channel @param {Buffer} bytes */
  sendOn(channel, bytes) {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(channel, 0);
    head.writeUInt16BE(bytes.length, 2);
    this.raw(Buffer.concat([head, bytes]));
  }

  /** Gives the allocation back: a Refresh with lifetime 0. */
  async release() {
    await this.request(method.refresh, () => [{ type: attr.lifetime, value: Buffer.alloc(4) }]).catch(() => {});
    this.close();
  }

  close() {
    this.#wire?.close();
  }
}
