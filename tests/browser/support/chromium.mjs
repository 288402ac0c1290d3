// @ts-check
// Chromium with fake devices, and people in it: one context each, as different as two computers.
import { chromium } from 'playwright-core';
import { chromiumPath } from '../../support/machine.mjs';
import { observeConnections } from './observe.mjs';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--autoplay-policy=no-user-gesture-required',
  // For turns: to a server with a certificate of its own making; pages have ignoreHTTPSErrors.
  '--ignore-certificate-errors',
];

/** Cameras and microphones: there and allowed, there but refused, or none at all. */
const devices = {
  allowed: ['--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream'],
  refused: ['--use-fake-device-for-media-stream', '--deny-permission-prompts'],
  none: ['--use-fake-device-for-media-stream=device-count=0', '--use-fake-ui-for-media-stream'],
};

/** @param {{ devices?: keyof typeof devices, executablePath?: string, args?: string[] }} [options] */
export function launchChromium({ devices: which = 'allowed', executablePath = chromiumPath, args = [] } = {}) {
  return chromium.launch({ executablePath, headless: true, args: ['--headless=new', ...flags, ...devices[which], ...args] });
}

/**
 * What a browser says on its console about things that a test provokes, and nothing of the app's; and what LiveKit's client
 * notes, always with where it was, of connections that end and of tracks whose sender has just left.
 */
const ofNoConcern = [/WebSocket connection to .* failed/, /net::ERR_/, /Failed to load resource/, /\{room: .*participantID: /];

/** @implements {Person} @typedef {import('./person.mjs').Person} Person */
export class ChromiumPerson {
  /** @type {string[]} */
  problems = [];

  /** @param {string} name @param {import('playwright-core').BrowserContext} context @param {import('playwright-core').Page} page */
  constructor(name, context, page) {
    this.name = name;
    this.context = context;
    this.page = page;
    page.on('pageerror', (error) => this.problems.push(`${error}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !ofNoConcern.some((known) => known.test(message.text()))) this.problems.push(message.text());
    });
  }

  /** The element with this data-testid. @param {string} id */
  at(id) {
    return this.page.getByTestId(id);
  }

  /** @param {string} url */
  async open(url) {
    await this.page.goto(url);
  }

  /** @param {string} id */
  click(id) {
    return this.at(id).click();
  }

  /** @param {string} id @param {string} text */
  fill(id, text) {
    return this.at(id).fill(text);
  }

  /** @param {string} id */
  sees(id) {
    return this.at(id).first().waitFor({ state: 'visible' });
  }

  /** @param {string} id */
  text(id) {
    return this.at(id).first().innerText();
  }

  /** @param {string} id @param {string} attribute */
  async attribute(id, attribute) {
    const found = this.at(id);
    return (await found.count()) > 0 ? found.first().getAttribute(attribute) : null;
  }

  /**
   * @template T, A
   * @param {(argument: A) => T | Promise<T>} code
   * @param {A} [argument]
   * @returns {Promise<T>}
   */
  evaluate(code, argument) {
    return this.page.evaluate(/** @type {any} */ (code), argument);
  }

  async reload() {
    await this.page.reload();
  }

  async close() {
    await this.page.close({ runBeforeUnload: false });
  }
}

/**
 * @typedef {import('playwright-core').BrowserContextOptions & {
 *   forced?: { iceTransportPolicy?: RTCIceTransportPolicy, onlyUrls?: string }
 * }} PersonOptions
 */

/**
 * A new person with nothing remembered.
 * @param {import('playwright-core').Browser} browser
 * @param {string} name
 * @param {PersonOptions} [options]
 */
export async function chromiumPerson(browser, name, { forced = {}, ...options } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(15_000);
  await context.addInitScript(observeConnections, forced);
  return new ChromiumPerson(name, context, await context.newPage());
}
