// @ts-check
// Firefox ESR, driven by WebDriver BiDi, with fake devices.
import puppeteer from 'puppeteer-core';
import { firefoxPath } from '../../support/machine.mjs';
import { observeConnections } from './observe.mjs';

export function launchFirefox() {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: firefoxPath,
    headless: true,
    acceptInsecureCerts: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.peerconnection.ice.loopback': true,
      'intl.accept_languages': 'en-GB, en',
    },
  });
}

/** @param {string} id */
const selector = (id) => `[data-testid="${id}"]`;

/** @implements {Person} @typedef {import('./person.mjs').Person} Person */
export class FirefoxPerson {
  /** @type {string[]} */
  problems = [];

  /** @param {string} name @param {import('puppeteer-core').Page} page */
  constructor(name, page) {
    this.name = name;
    this.page = page;
    page.on('pageerror', (error) => this.problems.push(`${error}`));
  }

  /** @param {string} url */
  async open(url) {
    await this.page.goto(url);
  }

  /** @param {string} id */
  async click(id) {
    await this.page.locator(selector(id)).click();
  }

  /** @param {string} id @param {string} text */
  async fill(id, text) {
    await this.page.locator(selector(id)).fill(text);
  }

  /** @param {string} id */
  async sees(id) {
    await this.page.waitForSelector(selector(id), { visible: true });
  }

  /** @param {string} id */
  text(id) {
    return this.page.$eval(selector(id), (element) => /** @type {HTMLElement} */ (element).innerText);
  }

  /** @param {string} id @param {string} attribute */
  async attribute(id, attribute) {
    const found = await this.page.$(selector(id));
    return found ? found.evaluate((element, name) => element.getAttribute(name), attribute) : null;
  }

  /**
   * @template T, A
   * @param {(argument: A) => T | Promise<T>} code
   * @param {A} [argument]
   * @returns {Promise<T>}
   */
  evaluate(code, argument) {
    return /** @type {Promise<T>} */ (this.page.evaluate(/** @type {any} */ (code), argument));
  }

  async reload() {
    await this.page.reload();
  }

  async close() {
    await this.page.close({ runBeforeUnload: false });
  }
}

/** @param {import('puppeteer-core').Browser} browser @param {string} name */
export async function firefoxPerson(browser, name) {
  const page = await (await browser.createBrowserContext()).newPage();
  page.setDefaultTimeout(20_000);
  await page.evaluateOnNewDocument(observeConnections, {});
  return new FirefoxPerson(name, page);
}
