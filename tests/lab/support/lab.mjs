// @ts-check
// The network lab: two homes behind NAT and a Moim between them, with a browser in each home.
import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromiumPerson, launchChromium } from '../../browser/support/chromium.mjs';
import { atExit } from '../../support/at_exit.mjs';
import { chromiumPath } from '../../support/machine.mjs';
import { startMoim } from '../../support/moim.mjs';

const script = fileURLToPath(new URL('../net.sh', import.meta.url));
const run = promisify(execFile);
let made = 0;

/** The address of the server in the lab. It is one for documentation, which Moim relays to only where the operator says so. */
export const serverAddress = '203.0.113.10';
const internet = ['203.0.113.0/24'];

/** @typedef {'left' | 'right'} Side @typedef {'cone' | 'restricted' | 'symmetric'} Nat @typedef {'all' | 'no-udp' | 'https-only'} Filter */

export class Lab {
  /** @type {import('playwright-core').Browser[]} */
  #browsers = [];
  /** @type {import('../../support/moim.mjs').Moim | undefined} */
  #moim;

  #forget = () => {};

  /** @param {string} name @param {string} folder */
  constructor(name, folder) {
    this.name = name;
    this.folder = folder;
  }

  /** @param {{ left: Nat, right: Nat }} nats */
  static async up({ left, right }) {
    made += 1;
    const lab = new Lab(`moim-lab-${process.pid}-${made}`, await mkdtemp(path.join(tmpdir(), 'moim-lab-')));
    lab.#forget = atExit(() => execFileSync(script, [lab.name, 'down']));
    try {
      await lab.#net('up', left, right);
      await lab.#start();
    } catch (error) {
      await lab.down();
      throw error;
    }
    return lab;
  }

  async #start() {
    const config = { turn: { external_ip: serverAddress, peers: { allow: internet } } };
    this.#moim = await startMoim({ namespace: `${this.name}-server`, host: serverAddress, config });
  }

  get moim() {
    if (!this.#moim) throw new Error('the lab has no server');
    return this.#moim;
  }

  /** @param {string} verb @param {...string} args */
  async #net(verb, ...args) {
    await run(script, [this.name, verb, ...args]);
  }

  /** What the router of this side lets out. @param {Side} side @param {Filter} rule */
  filter(side, rule) {
    return this.#net('filter', side, rule);
  }

  /** The client of this side gets another address, another gateway and another public address. @param {Side} side */
  move(side) {
    return this.#net('move', side);
  }

  /** Somebody at a browser in the home of this side. @param {Side} side @param {string} who */
  async person(side, who) {
    const executablePath = path.join(this.folder, side);
    await writeFile(executablePath, `#!/bin/sh\nexec ip netns exec ${this.name}-${side} ${chromiumPath} "$@"\n`);
    await chmod(executablePath, 0o755);
    const browser = await launchChromium({ executablePath });
    this.#browsers.push(browser);
    return chromiumPerson(browser, who);
  }

  async down() {
    await Promise.all(this.#browsers.map((browser) => browser.close().catch(() => {})));
    try {
      await this.#moim?.stop();
    } finally {
      await this.#net('down');
      this.#forget();
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}

/** Runs something in a lab of its own, which is taken down however it ends. @param {{ left: Nat, right: Nat }} nats @param {(lab: Lab) => Promise<void>} work */
export async function inLab(nats, work) {
  const lab = await Lab.up(nats);
  try {
    await work(lab);
  } catch (error) {
    console.log(`the server said:\n${lab.moim.log.slice(-4000)}`);
    throw error;
  } finally {
    await lab.down();
  }
}
