// @ts-check
// Free ports of this machine, for servers that a test starts.
import dgram from 'node:dgram';
import net from 'node:net';

/** @param {number} port @returns {Promise<net.Server>} */
function holdTcp(port) {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(port, '0.0.0.0', () => resolve(server));
  });
}

/** @param {number} port @returns {Promise<dgram.Socket>} */
function holdUdp(port) {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4').once('error', reject);
    socket.bind(port, '0.0.0.0', () => resolve(socket));
  });
}

/** @param {net.Server} server */
const portOf = (server) => /** @type {net.AddressInfo} */ (server.address()).port;

/**
 * Ports that are free for TCP and for UDP, all held until each is chosen, so that none comes twice.
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  /** @type {Array<net.Server | dgram.Socket>} */
  const held = [];
  const ports = [];
  while (ports.length < count) {
    const server = await holdTcp(0);
    held.push(server);
    const udp = await holdUdp(portOf(server)).catch(() => null);
    if (!udp) continue;
    held.push(udp);
    ports.push(portOf(server));
  }
  await Promise.all(held.map((one) => new Promise((done) => one.close(() => done(undefined)))));
  return ports;
}
