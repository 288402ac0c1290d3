// @ts-check
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { meet } from './support/call.mjs';
import { hearsSound, pathIs } from './support/media.mjs';
import { stage } from './support/stage.mjs';

const scenario = stage();

scenario('two people see and hear each other, straight from browser to browser', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  const { seenByFirst, seenBySecond } = await meet(moim, anna, ben);
  for (const media of [seenByFirst, seenBySecond]) pathIs(media, ['host', 'srflx', 'prflx']);
  await Promise.all([hearsSound(anna), hearsSound(ben)]);
});

scenario('nothing of a direct call goes through the relay', async ({ moim, person }) => {
  const before = await moim.metrics();
  await meet(moim, await person('Anna'), await person('Ben'));
  await sleep(3000);
  const now = await moim.metrics();
  for (const counter of ['moim_turn_relayed_bytes_total', 'moim_turn_packets_to_peers_total', 'moim_turn_packets_to_clients_total']) {
    assert.equal(now.sum(counter), before.sum(counter), counter);
  }
});

scenario('the connection panel says that the call is direct', async ({ moim, person }) => {
  const [anna, ben] = [await person('Anna'), await person('Ben')];
  await meet(moim, anna, ben);
  await anna.click('btn-connection');
  await anna.sees('panel-connection');
  await anna.page.locator('[data-testid=panel-path][data-path=direct]').waitFor();
  await anna.page.waitForFunction(() => Number(document.querySelector('[data-testid=panel-down]')?.getAttribute('data-value')) > 10_000);
  assert.ok(Number(await anna.attribute('panel-resolution', 'data-value')) > 0);
});
