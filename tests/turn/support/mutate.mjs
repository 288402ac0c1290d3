// @ts-check
// Spoilt copies of good messages.
import { attr, cls, encode, method, xorAddress } from './stun.mjs';

const transaction = Buffer.from('0123456789ab');
const key = Buffer.alloc(16, 7);
const signed = [
  { type: attr.username, value: Buffer.from('alice') },
  { type: attr.realm, value: Buffer.from('moim') },
  { type: attr.nonce, value: Buffer.alloc(32, 'n') },
];
const peer = { type: attr.xorPeerAddress, value: xorAddress('198.51.100.7', 4000, transaction) };
const udp = { type: attr.requestedTransport, value: Buffer.from([17, 0, 0, 0]) };
const channel = { type: attr.channelNumber, value: Buffer.from([0x40, 0, 0, 0]) };
const data = { type: attr.data, value: Buffer.alloc(90, 'd') };

/** One of each kind of message. */
export const specimens = [
  encode(method.binding, cls.request, [], { transaction }),
  encode(method.allocate, cls.request, [udp], { transaction }),
  encode(method.allocate, cls.request, [udp, ...signed], { key, transaction }),
  encode(method.refresh, cls.request, [{ type: attr.lifetime, value: Buffer.from([0, 0, 2, 88]) }, ...signed], { key, transaction }),
  encode(method.createPermission, cls.request, [peer, ...signed], { key, transaction }),
  encode(method.channelBind, cls.request, [channel, peer, ...signed], { key, transaction }),
  encode(method.send, cls.indication, [peer, data], { transaction }),
  encode(method.data, cls.indication, [peer, data], { transaction }),
  Buffer.concat([Buffer.from([0x40, 0, 0, 100]), Buffer.alloc(100, 'c')]),
];

/** @type {Array<(bytes: Buffer, random: import('./random.mjs').Random) => Buffer>} */
const ways = [
  (bytes, random) => {
    const flips = 1 + random.below(8);
    for (let n = 0; n < flips; n += 1) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => Buffer.concat([bytes, Buffer.alloc(1 + random.below(400), random.below(256))]),
  (bytes, random) => {
    if (bytes.length >= 4) bytes.writeUInt16BE(random.below(65536), 2);
    return bytes;
  },
  (bytes, random) => {
    // Somewhere among the attributes: a length that leads elsewhere.
    if (bytes.length > 24) bytes.writeUInt16BE(random.below(65536), 20 + 2 + 4 * random.below((bytes.length - 22) >> 2));
    return bytes;
  },
  (bytes, random) => {
    const other = specimens[random.below(specimens.length)] ?? bytes;
    return Buffer.concat([bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length))]);
  },
];

/** @param {import('./random.mjs').Random} random @returns {Buffer} */
export function mutant(random) {
  /** @type {Buffer} */
  let bytes = Buffer.from(specimens[random.below(specimens.length)] ?? '');
  const times = 1 + random.below(3);
  for (let n = 0; n < times && bytes.length > 0; n += 1) bytes = ways[random.below(ways.length)]?.(Buffer.from(bytes), random) ?? bytes;
  return bytes;
}
