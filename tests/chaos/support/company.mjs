// Five people in a room: Anna behind a link of her own, the others behind a good one.
import assert from 'node:assert/strict';
import { until } from '../../support/wait.mjs';

export const others = ['ben', 'carla', 'dan', 'eva'];
/** Small pictures: five browsers' worth of them are decoded here. */
const smallPicture = { source: 'camera', width: 320, height: 180, fps: 10, simulcast: false };

/**
 * @param {any} scene
 * @param {{ mode?: 'single' | 'dual', names?: string[], settings?: string, options?: object }} [how]
 */
export async function gather(scene, { mode = 'single', names = others, settings = '', options = {} } = {}) {
  const link = await scene.links.plug('anna', 'wifi', settings);
  await scene.links.plug('others', 'wifi');
  const anna = await scene.member('anna', 'anna');
  const company = [];
  for (const name of names) company.push(await scene.member(name, 'others'));
  const all = [anna, ...company];
  const sids = new Map();
  for (const one of all) {
    const { sid } = await one.join(scene.room, { mode, options });
    sids.set(one.name, sid);
    await one.ask('publish', smallPicture);
    await one.ask('publish', { source: 'microphone' });
  }
  await everybodySeesEverybody(all);
  return { anna, company, all, sids, link };
}

export function everybodySeesEverybody(all, within = 60_000) {
  const pairs = all.flatMap((one) => all.filter((other) => other !== one).map((other) => [one, other.name]));
  return Promise.all(pairs.map(([one, name]) => Promise.all([one.sees(name, { frames: 3, within }), one.listensTo(name, { packets: 5, within })])));
}

/** Milliseconds until what one gets of another grows, counted from a moment. */
export async function untilMore(one, identity, kind, since, from, within = 60_000) {
  const count = (track) => (track ? (kind === 'video' ? track.frames : track.packets) : 0);
  await until(`${one.name} to get ${kind} of ${identity} again`, async () => count(await one.received(identity, kind).catch(() => null)) > since, { within, every: 25 });
  return Math.round(performance.now() - from);
}

/** Media in both directions between Anna and one other, as counts to compare with later. */
export async function countsBetween(anna, other) {
  const count = async (one, identity, kind) => ((track) => (track ? (kind === 'video' ? track.frames : track.packets) : 0))(await one.received(identity, kind));
  const kinds = ['video', 'audio'];
  return {
    atAnna: await Promise.all(kinds.map((kind) => count(anna, other.name, kind))),
    atOther: await Promise.all(kinds.map((kind) => count(other, 'anna', kind))),
  };
}

/** Milliseconds from a moment until each kind of media flows again in each direction: the last of them, and all in words. */
export async function mediaBack(anna, other, counts, from, within) {
  const kinds = ['video', 'audio'];
  const times = await Promise.all([
    ...kinds.map((kind, n) => untilMore(anna, other.name, kind, counts.atAnna[n], from, within)),
    ...kinds.map((kind, n) => untilMore(other, 'anna', kind, counts.atOther[n], from, within)),
  ]);
  const seconds = times.map((time) => (time / 1000).toFixed(1));
  return { took: Math.max(...times), words: `she sees after ${seconds[0]} s and hears after ${seconds[1]} s, is seen after ${seconds[2]} s and heard after ${seconds[3]} s` };
}

/** Nobody came or went, in the eyes of anybody but Anna. */
export async function nobodyMoved(company, since) {
  for (const [n, one] of company.entries()) {
    for (const name of ['participantConnected', 'participantDisconnected', 'trackUnpublished']) assert.deepEqual(await one.heard(name, since[n]), [], `${one.name}: ${name}`);
  }
}

/** Everybody knows everybody else, each once, under the sid of now. */
export async function noGhosts(all, sids) {
  for (const one of all) {
    const known = (await one.ask('people')).map(({ identity, sid }) => `${identity} ${sid}`).sort();
    const real = all.filter((other) => other !== one).map(({ name }) => `${name} ${sids.get(name)}`).sort();
    assert.deepEqual(known, real, `in the eyes of ${one.name}`);
  }
}
