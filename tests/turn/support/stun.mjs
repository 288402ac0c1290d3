// @ts-check
// STUN messages (RFC 8489 §5, §14) as this suite writes and reads them: its own codec, so that it shares no mistake with the server's.
import { createHash, createHmac, randomBytes } from 'node:crypto';

export const method = { binding: 1, allocate: 3, refresh: 4, send: 6, data: 7, createPermission: 8, channelBind: 9 };
export const cls = { request: 0, indication: 1, success: 2, error: 3 };
export const attr = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  channelNumber: 0x000c,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedAddressFamily: 0x0017,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
};

const magic = 0x2112a442;

/**
 * @typedef {{ type: number, value: Buffer }} Attribute
 * @typedef {{ method: number, cls: number, transaction: Buffer, attributes: Attribute[] }} Message
 */

/** The two class bits sit between the bits of the method: RFC 8489 §5. */
const typeOf = (/** @type {number} */ m, /** @type {number} */ c) =>
  ((m & 0xf80) << 2) | ((c & 2) << 7) | ((m & 0x70) << 1) | ((c & 1) << 4) | (m & 0xf);

/** @param {Attribute} attribute */
function encodeAttribute({ type, value }) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

/** @param {number} type @param {number} length @param {Buffer} transaction */
function header(type, length, transaction) {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(length, 2);
  head.writeUInt32BE(magic, 4);
  return Buffer.concat([head, transaction]);
}

/**
 * @param {number} m method
 * @param {number} c class
 * @param {Attribute[]} attributes
 * @param {{ key?: Buffer, transaction?: Buffer }} [options] with a key, MESSAGE-INTEGRITY comes last
 */
export function encode(m, c, attributes, { key, transaction = randomBytes(12) } = {}) {
  const body = Buffer.concat(attributes.map(encodeAttribute));
  if (!key) return Buffer.concat([header(typeOf(m, c), body.length, transaction), body]);
  // The length counts the integrity attribute that is about to follow: RFC 8489 §14.5.
  const covered = Buffer.concat([header(typeOf(m, c), body.length + 24, transaction), body]);
  const value = createHmac('sha1', key).update(covered).digest();
  return Buffer.concat([covered, encodeAttribute({ type: attr.messageIntegrity, value })]);
}

/** @param {Buffer} bytes @returns {Message | null} */
export function decode(bytes) {
  if (bytes.length < 20 || bytes.readUInt32BE(4) !== magic) return null;
  const type = bytes.readUInt16BE(0);
  const attributes = [];
  for (let at = 20; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    attributes.push({ type: bytes.readUInt16BE(at), value: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + length + (-length & 3);
  }
  return {
    method: (type & 0xf) | ((type >> 1) & 0x70) | ((type >> 2) & 0xf80),
    cls: ((type >> 4) & 1) | ((type >> 7) & 2),
    transaction: bytes.subarray(8, 20),
    attributes,
  };
}

/** @param {Message} message @param {number} type */
export const valueOf = (message, type) => message.attributes.find((one) => one.type === type)?.value;

/** @param {Message} message @returns {number} the error code, 0 when there is none */
export function errorOf(message) {
  const value = valueOf(message, attr.errorCode);
  return value ? (value[2] ?? 0) * 100 + (value[3] ?? 0) : 0;
}

/** The key of a long-term credential: RFC 8489 §9.2.2. */
export const longTermKey = (/** @type {string} */ user, /** @type {string} */ realm, /** @type {string} */ password) =>
  createHash('md5').update(`${user}:${realm}:${password}`).digest();

/** A time-limited credential, as the REST draft of TURN has it. */
export function timeLimited(/** @type {string} */ secret, /** @type {string} */ name, lifetime = 3600) {
  const user = `${Math.floor(Date.now() / 1000) + lifetime}:${name}`;
  return { user, password: createHmac('sha1', secret).update(user).digest('base64') };
}

/** @param {string} ip @returns {Buffer} 4 or 16 bytes */
export function ipBytes(ip) {
  if (!ip.includes(':')) return Buffer.from(ip.split('.').map(Number));
  const dotted = ip.match(/^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/);
  const hex = (/** @type {string | undefined} */ a, /** @type {string | undefined} */ b) => ((Number(a) << 8) | Number(b)).toString(16);
  const plain = dotted ? `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}` : ip;
  const [head = '', tail] = plain.split('::');
  const words = (/** @type {string} */ text) => (text === '' ? [] : text.split(':').map((word) => parseInt(word, 16)));
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  const all = [...before, ...Array(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 255]));
}

/** XOR-MAPPED-ADDRESS and its kin: RFC 8489 §14.2. */
export function xorAddress(/** @type {string} */ ip, /** @type {number} */ port, /** @type {Buffer} */ transaction) {
  const address = ipBytes(ip);
  const mask = Buffer.concat([Buffer.from([0x21, 0x12, 0xa4, 0x42]), transaction]);
  const value = Buffer.alloc(4 + address.length);
  value[1] = address.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (magic >>> 16), 2);
  address.forEach((byte, index) => value.writeUInt8(byte ^ (mask[index] ?? 0), 4 + index));
  return value;
}

/** @param {Buffer} value an XOR-…-ADDRESS of IPv4 @returns {{ ip: string, port: number }} */
export function readXorAddress(value) {
  const mask = [0x21, 0x12, 0xa4, 0x42];
  const ip = mask.map((byte, index) => byte ^ (value[4 + index] ?? 0)).join('.');
  return { ip, port: value.readUInt16BE(2) ^ (magic >>> 16) };
}
