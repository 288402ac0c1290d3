// @ts-check
// Whoever does not get into a group room, or does not stay there, is told why and what to do.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import path from 'node:path';
import { moimBinary } from '../support/moim.mjs';
import { join, newRoom } from './support/call.mjs';
import { calmCamera, come, groupIs, tileOf } from './support/group.mjs';
import { invitationOf, mayUseClipboard } from './support/invitation.mjs';
import { stage } from './support/stage.mjs';

const key = 'the-key-of-this-house-0123456789';
const config = { direct: { token: key }, livekit: { keys: { house: 'a-secret-of-these-tests-alone' }, max_participants: 2 } };
const scenario = stage({ crowded: true, moim: { dev: false, config }, browser: { args: [calmCamera] } });

/** @typedef {import('./support/chromium.mjs').ChromiumPerson} ChromiumPerson @typedef {import('../support/moim.mjs').Moim} Moim */

/** @param {ChromiumPerson} person @param {string} error */
const isTold = (person, error) => person.page.locator(`[data-testid=error-page][data-error=${error}]`).waitFor();

/** With the key into a room of one's own; the link for others. @param {ChromiumPerson} person with `mayUseClipboard` @param {Moim} moim @param {string} room */
async function opens(person, moim, room) {
  await person.open(moim.url(`/g/${room}`));
  await person.fill('access-key', key);
  await person.click('access-submit');
  await join(person);
  await groupIs(person, 'connected');
  return invitationOf(person);
}

/** What the operator's own program prints. @param {Moim} moim @param {string[]} args */
function token(moim, args) {
  return execFileSync(moimBinary(), ['token', ...args, '--config', path.join(moim.folder, 'moim.toml')], { encoding: 'utf8' }).trim();
}

/** An invitation as the server makes it: its key is the shared token (RFC 7519, HS256). @param {object} claims */
function signed(claims) {
  const parts = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${parts}.${createHmac('sha256', key).update(parts).digest('base64url')}`;
}

/** The room's owner does something by the server API. @param {Moim} moim @param {string} room @param {string} method @param {object} request */
async function owner(moim, room, method, request) {
  const bearer = token(moim, ['livekit', '--room', room, '--identity', 'owner', '--admin']);
  const answer = await fetch(`http://127.0.0.1:${moim.port('http')}/twirp/livekit.RoomService/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ room, ...request }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

scenario('a link that is cut off, or has run out, says so', async ({ moim, person }) => {
  const [anna, dora] = [await person('Anna', mayUseClipboard), await person('Dora')];
  const room = newRoom();
  const link = await opens(anna, moim, room);
  await dora.open(link.slice(0, -12));
  await dora.page.locator('[data-testid=access-link][data-problem=keyWrong]').waitFor();
  // Only what was typed is complained of at the field.
  assert.equal(await dora.at('access-problem').count(), 0);

  const old = signed({ room, exp: Math.round(Date.now() / 1000) - 600 });
  await dora.open('about:blank');
  await dora.open(moim.url(`/g/${room}#k=${old}`));
  await dora.page.locator('[data-testid=access-link][data-problem=keyExpired]').waitFor();

  await dora.open('about:blank');
  await dora.open(link);
  await join(dora);
  await groupIs(dora, 'connected', 2);
});

scenario('a full room is said to be full, and lets one in when somebody has left', async ({ moim, person }) => {
  const [anna, ben, carla] = [await person('Anna', mayUseClipboard), await person('Ben'), await person('Carla')];
  const link = await opens(anna, moim, newRoom());
  await come(ben, link);
  await carla.open(link);
  await join(carla);
  await isTold(carla, 'roomFull');
  await ben.click('btn-leave');
  await groupIs(anna, 'connected', 1);
  await carla.click('error-retry');
  await groupIs(carla, 'connected', 2);
});

scenario('who is taken out of a room is told so', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna', mayUseClipboard), await person('Ben')];
  const room = newRoom();
  const link = await opens(anna, moim, room);
  await come(ben, link);
  const identity = await tileOf(anna, 'Ben').getAttribute('data-person');
  await owner(moim, room, 'RemoveParticipant', { identity });
  await isTold(ben, 'removed');
  await groupIs(anna, 'connected', 1);
});

scenario('a second tab takes the call over, and the first can bring it back', async ({ moim, person }) => {
  const anna = await person('Anna', mayUseClipboard);
  await opens(anna, moim, newRoom());
  // As "duplicate tab" does, with all that the tab remembers.
  const [second] = await Promise.all([anna.context.waitForEvent('page'), anna.evaluate(() => void window.open(location.href))]);
  await isTold(anna, 'replaced');
  await second.locator('[data-testid=group-status][data-state=connected][data-count="1"]').waitFor();
  await anna.click('error-retry');
  await groupIs(anna, 'connected', 1);
  await second.locator('[data-testid=error-page][data-error=replaced]').waitFor();
});
