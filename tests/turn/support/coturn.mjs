// @ts-check
// Debian's coturn tools: clients written by others.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runTool(command, args) {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 60_000, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

/** What turnutils_uclient says at its end. */
export function readReport(/** @type {string} */ output) {
  const totals = output.match(/start_mclient: tot_send_msgs=(\d+), tot_recv_msgs=(\d+)/);
  const lost = output.match(/Total lost packets (\d+) /);
  return { sent: Number(totals?.[1] ?? 0), received: Number(totals?.[2] ?? 0), lost: lost ? Number(lost[1]) : -1 };
}

/** An echo peer: turnutils_peer on loopback. @param {number} port */
export async function startPeer(port) {
  const peer = spawn('turnutils_peer', ['-L', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  await once(peer, 'spawn');
  return { stop: () => peer.kill('SIGKILL') };
}
