// @ts-check
// A Moim of a test's own: free ports, its own data folder, ended by its process id, its log read for what must not be there.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { atExit } from './at_exit.mjs';
import { askInside } from './inside.mjs';
import { parseMetrics } from './metrics.mjs';
import { freePorts } from './ports.mjs';
import { merged, toToml } from './toml.mjs';
import { until } from './wait.mjs';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The binary under test: MOIM_BIN, or the workspace's debug build. */
export function moimBinary() {
  const binary = process.env.MOIM_BIN ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(repository, 'target'), 'debug/moim');
  if (!existsSync(binary)) throw new Error(`${binary} is not there: cargo build -p moim-server`);
  return binary;
}

/**
 * @typedef {object} Options
 * @property {boolean} [dev] start with --dev; default true
 * @property {Record<string, any>} [config] laid over the test's own configuration
 * @property {string} [namespace] the network namespace to run in, with the default ports
 * @property {string} [host] the name that clients use; default localhost
 * @property {RegExp[]} [expectedErrors] lines of level ERROR that this test provokes
 */

/** A running server. */
export class Moim {
  /** @type {string[]} */
  #log = [];
  /** @type {Promise<number | null>} */
  #exited;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {{ folder: string, host: string, config: Record<string, any>, options: Options }} facts
   */
  constructor(child, { folder, host, config, options }) {
    this.child = child;
    this.folder = folder;
    this.host = host;
    this.config = config;
    this.options = options;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => this.#log.push(text));
    }
    this.#exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  /** @param {string} listener @returns {number} */
  port(listener) {
    const address = listener === 'turn' ? this.config.turn.listen : listener === 'turns' ? this.config.turn.tls_listen : this.config.listen[listener];
    return Number(address.slice(address.lastIndexOf(':') + 1));
  }

  /** The address of a page, over HTTPS. */
  url(where = '/') {
    const port = this.port('https');
    return `https://${this.host}${port === 443 ? '' : `:${port}`}${where}`;
  }

  get log() {
    return this.#log.join('');
  }

  get pid() {
    return /** @type {number} */ (this.child.pid);
  }

  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** @param {string} where @returns {Promise<{ status: number, body: string }>} */
  async ask(where) {
    const url = `http://127.0.0.1:${this.port('metrics')}${where}`;
    if (this.options.namespace) return askInside(this.options.namespace, url);
    const answer = await fetch(url);
    return { status: answer.status, body: await answer.text() };
  }

  /** What /metrics says now. */
  async metrics() {
    return parseMetrics((await this.ask('/metrics')).body);
  }

  async ready() {
    await until(
      'Moim to be ready',
      async () => {
        if (!this.running) throw new Error(`Moim ended with ${this.child.exitCode}:\n${this.log}`);
        return this.ask('/readyz').then((answer) => answer.status === 200, () => false);
      },
      { within: 20_000, every: 50 },
    );
  }

  /** Ends it as an operator would, and fails if it had to say something that must not happen. */
  async stop() {
    if (this.running) this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    const code = await this.#exited;
    clearTimeout(late);
    await rm(this.folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`Moim ended with ${code ?? this.child.signalCode}:\n${this.log}`);
    const bad = this.log.split('\n').filter((line) => /panicked at|\bERROR\b/.test(line) && !this.options.expectedErrors?.some((known) => known.test(line)));
    if (bad.length > 0) throw new Error(`Moim's log has:\n${bad.join('\n')}`);
  }
}

/** @param {Options} options */
async function ownConfig(options, /** @type {string} */ folder, /** @type {string} */ host) {
  const usual = [443, 7880, 9090, 3478, 5349, 7882, 7881];
  const [https, http, metrics, turn, turns, media, mediaTcp] = options.namespace ? usual : await freePorts(usual.length);
  const base = {
    server: { public_host: host, data_dir: path.join(folder, 'data') },
    listen: { https: `0.0.0.0:${https}`, http: `127.0.0.1:${http}`, kurento: '', metrics: `127.0.0.1:${metrics}` },
    // One shard: the ports behind the first are not known to be free.
    media: { udp_port: media, tcp_port: mediaTcp, shards: 1 },
    turn: { listen: `0.0.0.0:${turn}`, tls_listen: `0.0.0.0:${turns}` },
  };
  return merged(base, options.config ?? {});
}

/** This process's environment without settings for Moim: what a test does not set must be the default. */
export function bareEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MOIM_')));
}

/**
 * Starts a Moim and waits until it is ready.
 * @param {Options} [options]
 */
export async function startMoim(options = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'moim-test-'));
  const host = options.host ?? 'localhost';
  const config = await ownConfig(options, folder, host);
  const file = path.join(folder, 'moim.toml');
  // It holds secrets: Moim refuses a file that others may read.
  await writeFile(file, toToml(config), { mode: 0o600 });
  const command = [moimBinary(), 'serve', '--config', file, ...(options.dev === false ? [] : ['--dev'])];
  const inside = options.namespace ? ['ip', 'netns', 'exec', options.namespace] : [];
  const [program, ...args] = [...inside, ...command];
  const child = spawn(program ?? '', args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...bareEnvironment(), NO_COLOR: '1', RUST_BACKTRACE: '1' } });
  const moim = new Moim(child, { folder, host, config, options });
  const forget = atExit(() => child.kill('SIGKILL'));
  child.once('exit', forget);
  await moim.ready();
  return moim;
}
