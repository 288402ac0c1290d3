// @ts-check
// Clients on links that are as bad as a test wants, around one server, each in a network namespace.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launchChromium } from '../../browser/support/chromium.mjs';
import { atExit } from '../../support/at_exit.mjs';
import { chromiumPath, noChromium, noNamespaces } from '../../support/machine.mjs';
import { until } from '../../support/wait.mjs';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const script = fileURLToPath(new URL('../links.sh', import.meta.url));
const run = promisify(execFile);
let made = 0;

/** The address of the server. */
export const serverAddress = '203.0.113.10';

/** @typedef {'all' | 'no-udp' | 'https-only'} Filter */

/** The load generator: MOIM_BENCH, or the workspace's debug build. */
export function benchBinary() {
  const binary = process.env.MOIM_BENCH ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(repository, 'target'), 'debug/moim-bench');
  if (!existsSync(binary)) throw new Error(`${binary} is not there: cargo build -p moim-bench`);
  return binary;
}

/** What is missing on this machine for such tests. @returns {string | false} */
export const noLinks = () => noChromium() || noNamespaces() || (existsSync('/dev/net/tun') ? false : 'needs /dev/net/tun');

/** One link between a client and the server. Up is the way to the server. */
class Link {
  #said = '';

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => { this.#said += text; });
  }

  ready() {
    return until('a link', () => {
      if (this.child.exitCode !== null) throw new Error(`the link ended: ${this.#said}`);
      return this.#said.includes('ready');
    }, { within: 20_000, every: 20 });
  }

  /** Changes it from now on: `loss=0.05 delay_ms=25`, `down dark=true`, `clear`. @param {string} line */
  async set(line) {
    this.child.stdin?.write(`${line}\n`);
    // The answer to this says that the line before it has been read.
    await this.counts();
  }

  /** What became of its packets, in words. */
  async counts() {
    const before = this.#said.length;
    this.child.stdin?.write('counts\n');
    return until('the counts of a link', () => {
      const said = this.#said.slice(before);
      if (said.includes('nothing is changed')) throw new Error(said);
      return /down .*\n/.test(said) && said;
    }, { within: 20_000, every: 5 });
  }
}

export class Links {
  /** @type {import('playwright-core').Browser[]} */
  #browsers = [];
  /** @type {Set<string>} */
  #hosts = new Set();
  /** @type {Link[]} */
  #links = [];

  /** @param {string} name @param {string} folder */
  constructor(name, folder) {
    this.name = name;
    this.folder = folder;
    this.forget = atExit(() => execFileSync(script, [name, 'down']));
  }

  static async up() {
    made += 1;
    const links = new Links(`moim-links-${process.pid}-${made}`, await mkdtemp(path.join(tmpdir(), 'moim-links-')));
    await links.#net('up');
    return links;
  }

  /** The namespace in which the server runs. */
  get server() {
    return `${this.name}-server`;
  }

  /** @param {string} verb @param {...(string | number)} args */
  async #net(verb, ...args) {
    await run(script, [this.name, verb, ...args.map(String)]);
  }

  /** Another link for this client; the first is the one it uses. @param {string} host @param {string} link @param {string} [settings] */
  async plug(host, link, settings = '') {
    const first = !this.#hosts.has(host);
    if (first) await this.#net('host', host);
    this.#hosts.add(host);
    const number = this.#links.length + 1;
    const [near, far] = [`near${number}`, `far${number}`];
    const inside = ['netns', 'exec', this.server, benchBinary(), 'impair', '--near', near, '--far', far, '--seed', String(number)];
    const made = new Link(spawn('ip', [...inside, ...settings.split(' ').filter(Boolean)], { stdio: ['pipe', 'pipe', 'pipe'] }));
    this.#links.push(made);
    await made.ready();
    await this.#net('plug', host, link, number, near, far);
    if (first) await this.use(host, link);
    return made;
  }

  /** From now on the client is on this link and on no other, or on none (`none`). @param {string} host @param {string} link */
  use(host, link) {
    return this.#net('use', host, link);
  }

  /** What the client's network lets out. @param {string} host @param {Filter} rule */
  filter(host, rule) {
    return this.#net('filter', host, rule);
  }

  /** Limits what the server sends over a link, by the kernel's token bucket. @param {string} host @param {string} link @param {number} kbps 0: no longer */
  rate(host, link, kbps) {
    return this.#net('rate', host, link, kbps);
  }

  /** A Chromium on this client. @param {string} host @param {string[]} [args] */
  async browser(host, args = []) {
    const executablePath = path.join(this.folder, host);
    await writeFile(executablePath, `#!/bin/sh\nexec ip netns exec ${this.name}-${host} ${chromiumPath} "$@"\n`);
    await chmod(executablePath, 0o755);
    const browser = await launchChromium({ executablePath, args });
    this.#browsers.push(browser);
    return browser;
  }

  async down() {
    await Promise.all(this.#browsers.map((browser) => browser.close().catch(() => {})));
    for (const { child } of this.#links) child.stdin?.end();
    await this.#net('down');
    this.forget();
    await rm(this.folder, { recursive: true, force: true });
  }
}
