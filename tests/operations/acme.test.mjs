// @ts-check
// A certificate from an ACME authority: Pebble, the one that Let's Encrypt tests with, asks our own port for the proof.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { atExit } from '../support/at_exit.mjs';
import { hasCommand } from '../support/machine.mjs';
import { startMoim } from '../support/moim.mjs';
import { freePorts } from '../support/ports.mjs';
import { until } from '../support/wait.mjs';

const skip = hasCommand('pebble') ? false : 'needs Pebble: apt-get install pebble';

/** The certificate of Pebble's own API, and the authority that Moim has to know for it. @param {string} folder */
function makeCertificates(folder) {
  const openssl = (/** @type {string} */ line) => {
    const { status, stderr } = spawnSync('openssl', line.split(' '), { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority`);
  openssl(`req ${key} -keyout api.key -out api.csr -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=CA:FALSE`);
  openssl('x509 -req -in api.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out api.pem -days 2 -copy_extensions copy');
}

const host = 'moim.test';

/** @param {string} program @param {string[]} args @param {string} folder */
function start(program, args, folder) {
  // Without Pebble's habit of refusing good nonces and of sleeping before each proof.
  const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' };
  const child = spawn(program, args, { cwd: folder, env, stdio: 'ignore' });
  child.once('exit', atExit(() => child.kill('SIGKILL')));
  return child;
}

/** @param {string} folder @param {number} proofPort where it expects the server whose name is to be proved */
async function startPebble(folder, proofPort) {
  const [api = 0, management = 0, http = 0, dns = 0, dnsManagement = 0] = await freePorts(5);
  const pebble = {
    listenAddress: `127.0.0.1:${api}`, managementListenAddress: `127.0.0.1:${management}`,
    certificate: 'api.pem', privateKey: 'api.key', httpPort: http, tlsPort: proofPort,
    ocspResponderURL: '', externalAccountBindingRequired: false,
  };
  await writeFile(path.join(folder, 'pebble.json'), JSON.stringify({ pebble }));
  const running = [
    // Every name is on this machine.
    start('pebble-challtestsrv', ['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${dns}`, '-http01', '', '-https01', '', '-tlsalpn01', '', '-management', `127.0.0.1:${dnsManagement}`], folder),
    start('pebble', ['-config', 'pebble.json', '-dnsserver', `127.0.0.1:${dns}`], folder),
  ];
  return { directory: `https://localhost:${api}/dir`, stop: () => running.forEach((child) => child.kill('SIGKILL')) };
}

/** @param {number} port @returns {Promise<tls.PeerCertificate>} */
function certificate(port) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('a certificate is got by ACME and kept over a restart', { skip }, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'moim-acme-'));
  makeCertificates(folder);
  const [port = 0] = await freePorts(1);
  const pebble = await startPebble(folder, port);
  const config = {
    server: { data_dir: path.join(folder, 'data') },
    listen: { https: `127.0.0.1:${port}` },
    tls: { mode: 'acme', acme_directory: pebble.directory, acme_ca_file: path.join(folder, 'ca.pem') },
  };
  // The authority may not be up yet when it is asked first.
  const options = { host, config, expectedErrors: [/no certificate from the ACME directory/] };
  try {
    const first = await startMoim(options);
    const got = await until('a certificate', () => certificate(port).catch(() => null), { within: 60_000 });
    assert.match(String(got.issuer.CN), /Pebble/);
    assert.equal(got.subjectaltname, `DNS:${host}`);
    await first.stop();
    pebble.stop();
    const second = await startMoim(options);
    const kept = await until('the kept certificate', () => certificate(port).catch(() => null));
    assert.equal(kept.fingerprint256, got.fingerprint256);
    await second.stop();
  } finally {
    pebble.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
