// Somebody in a room: livekit-client in a page, asked from here.
import assert from 'node:assert/strict';
import { until } from '../../support/wait.mjs';
import { tokenFor } from './keys.mjs';

/** Runs in the page. */
const call = ([name, argument]) => window.member[name](argument);

export class Member {
  /** Exceptions that nobody caught. */
  problems = [];
  /** Warnings and errors of livekit-client, for when a test fails. */
  console = [];

  constructor(house, name, tab) {
    this.house = house;
    this.name = name;
    this.tab = tab;
  }

  /** Calls a function of page/member.js. */
  ask(name, argument) {
    return this.tab.evaluate(call, [name, argument]);
  }

  close() {
    return this.tab.close();
  }

  /**
   * Tries to join.
   * @param {string} room
   * @param {{ mode?: 'single' | 'dual', options?: object, connect?: object, token?: string, url?: string } & Parameters<typeof tokenFor>[2]} [how]
   */
  async tryJoin(room, { mode = 'single', options = {}, connect = {}, token, url, ...tokenOptions } = {}) {
    return this.ask('join', {
      url: url ?? this.house.url,
      token: token ?? (await tokenFor(room, this.name, tokenOptions)),
      options: { singlePeerConnection: mode === 'single', ...options },
      connect,
    });
  }

  /** Joins, or fails the test. */
  async join(room, how) {
    const answer = await this.tryJoin(room, how);
    assert.ok(answer.ok, `${this.name} could not join: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Waits for an event of the room. @param {string} name @param {(event: any) => boolean} [fits] @param {{ since?: number, within?: number }} [limits] */
  hears(name, fits = () => true, { since = 0, within = 15_000 } = {}) {
    return until(`${this.name} to hear of ${name}`, async () => (await this.ask('events', { since })).find((event) => event.name === name && fits(event)), { within });
  }

  /** How many events there have been: where `hears` begins for what comes now. */
  async now() {
    return (await this.ask('events')).length;
  }

  async heard(name, since = 0) {
    return (await this.ask('events', { since })).filter((event) => event.name === name);
  }

  /** The incoming track of somebody. */
  async received(identity, kind) {
    const track = (await this.ask('received')).find((one) => one.identity === identity && one.kind === kind);
    // Before its first packet a track has no statistics.
    return track ? { packets: 0, frames: 0, samples: 0, bytes: 0, ...track } : null;
  }

  /** Waits until frames of somebody go on being decoded. */
  async sees(identity, { frames = 10, within = 20_000, fits = () => true } = {}) {
    let first;
    return until(
      `${this.name} to see ${identity}`,
      async () => {
        const now = await this.received(identity, 'video');
        if (!now) return null;
        first ??= now;
        // A track that was published anew counts anew.
        if (now.sid !== first.sid || now.frames < first.frames) first = now;
        return now.frames >= first.frames + frames && fits(now) && now;
      },
      { within },
    );
  }

  /** Waits until sound of somebody goes on arriving. */
  async listensTo(identity, { packets = 25, within = 20_000 } = {}) {
    let first;
    return until(
      `${this.name} to hear ${identity}`,
      async () => {
        const now = await this.received(identity, 'audio');
        if (!now) return null;
        first ??= now;
        if (now.sid !== first.sid || now.packets < first.packets) first = now;
        return now.packets >= first.packets + packets && now.samples > first.samples && now;
      },
      { within },
    );
  }

  /** What of somebody arrives in a while. */
  async during(identity, kind, milliseconds) {
    const before = await this.received(identity, kind);
    await new Promise((done) => setTimeout(done, milliseconds));
    const after = await this.received(identity, kind);
    const difference = (field) => (after?.[field] ?? 0) - (before?.sid === after?.sid ? (before?.[field] ?? 0) : 0);
    return { frames: difference('frames'), bytes: difference('bytes'), packets: difference('packets'), width: after?.width ?? 0, height: after?.height ?? 0 };
  }
}
