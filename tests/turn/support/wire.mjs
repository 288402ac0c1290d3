// @ts-check
// The three ways to a TURN server, each as something that takes whole messages and gives whole messages back.
import dgram from 'node:dgram';
import net from 'node:net';
import tls from 'node:tls';

/**
 * @typedef {{ host: string, port: number, transport: 'udp' | 'tcp' | 'tls' }} Server
 * @typedef {{ send(bytes: Buffer): void, close(): void }} Wire
 */

/** The whole length of the message that begins here: RFC 8656 §12.5, padded to four bytes on a stream. */
function lengthOf(/** @type {Buffer} */ bytes) {
  const length = bytes.readUInt16BE(2);
  return (bytes[0] ?? 0) >= 0x40 ? 4 + length + (-length & 3) : 20 + length;
}

/** @param {(message: Buffer) => void} deliver */
function reassembler(deliver) {
  let waiting = Buffer.alloc(0);
  return (/** @type {Buffer} */ chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 4 && waiting.length >= lengthOf(waiting)) {
      const whole = lengthOf(waiting);
      deliver(Buffer.from(waiting.subarray(0, whole)));
      waiting = waiting.subarray(whole);
    }
  };
}

/** @param {Server} server @param {(message: Buffer) => void} deliver @returns {Promise<Wire>} */
function overUdp({ host, port }, deliver) {
  const socket = dgram.createSocket('udp4');
  socket.on('message', deliver).on('error', () => {});
  return new Promise((resolve) => {
    socket.connect(port, host, () => resolve({ send: (bytes) => socket.send(bytes), close: () => socket.close() }));
  });
}

/** @param {Server} server @param {(message: Buffer) => void} deliver @returns {Promise<Wire>} */
function overStream({ host, port, transport }, deliver) {
  return new Promise((resolve, reject) => {
    const opened = () => resolve({
      send: (bytes) => void socket.write(Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])),
      close: () => socket.destroy(),
    });
    const socket = transport === 'tls'
      ? tls.connect({ host, port, rejectUnauthorized: false }, opened)
      : net.connect({ host, port }, opened);
    socket.on('data', reassembler(deliver)).on('error', reject);
  });
}

/** @param {Server} server @param {(message: Buffer) => void} deliver @returns {Promise<Wire>} */
export const openWire = (server, deliver) => (server.transport === 'udp' ? overUdp(server, deliver) : overStream(server, deliver));
