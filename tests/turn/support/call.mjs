// @ts-check
// A call that runs while something else happens: two TURN clients that send each other numbered packets through their relays.
import { setTimeout as sleep } from 'node:timers/promises';
import { TurnClient } from './client.mjs';

const channel = 0x4001;

/** @param {number} number */
function packet(number) {
  const bytes = Buffer.alloc(200);
  bytes.writeUInt32BE(number, 0);
  return bytes;
}

export class RelayedCall {
  #number = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {TurnClient} left @param {TurnClient} right */
  constructor(left, right) {
    this.left = left;
    this.right = right;
  }

  /**
   * @param {import('./wire.mjs').Server} server
   * @param {() => import('./client.mjs').Credential} credential
   */
  static async start(server, credential) {
    const left = await TurnClient.connect(server, credential());
    const right = await TurnClient.connect(server, credential());
    const [leftRelay, rightRelay] = [await left.allocate(), await right.allocate()];
    const refused = [await left.bindChannel(channel, rightRelay.ip, rightRelay.port), await right.bindChannel(channel, leftRelay.ip, leftRelay.port)];
    if (refused.some((code) => code !== 0)) throw new Error(`ChannelBind between two relayed addresses was refused: ${refused}`);
    const call = new RelayedCall(left, right);
    call.#timer = setInterval(() => call.#tick(), 20);
    return call;
  }

  #tick() {
    this.#number += 1;
    this.left.sendOn(channel, packet(this.#number));
    this.right.sendOn(channel, packet(this.#number));
  }

  /** Ends the call. @returns {Promise<{ sent: number, lost: number }>} packets of both directions */
  async end() {
    clearInterval(this.#timer);
    await sleep(300);
    const arrived = [this.left, this.right].map((side) => new Set(side.received.map(({ bytes }) => bytes.readUInt32BE(0))).size);
    await Promise.all([this.left.release(), this.right.release()]);
    return { sent: 2 * this.#number, lost: 2 * this.#number - arrived.reduce((sum, one) => sum + one, 0) };
  }
}
