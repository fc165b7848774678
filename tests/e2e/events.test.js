// What else a server's log says: the view of events, and its place in the others.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, rows, show } from './support/views.js';

async function openLog(page, name = 'events/trouble.log.gz') {
  await drop(page, [data(name)]);
  await opened(page);
}

const kinds = (page) => page.getByRole('group', { name: 'Kinds of events' });
const choose = (page, name) => kinds(page).getByRole('button', { name: new RegExp(`^${name}`) }).click();

for (const [viewport, colorScheme] of [['desktop', 'light'], ['desktop', 'dark'], ['phone', 'light'], ['phone', 'dark']]) {
  pageTest(`events: ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
    await openLog(page);
    await show(page, 'Events');
    const [first] = await rows(page, 'Events in groups');
    assert.match(first[0], /duplicate key value violates unique constraint "orders_pkey"/);
    assert.equal(first[1], '40');
    await assertAccessible(page, 'errors');
    await screenshot('events-errors');

    for (const name of ['Locks', 'Temporary files', 'Checkpoints', 'Autovacuum', 'Connections', 'Cancelled']) {
      await choose(page, name);
      await page.waitForTimeout(150);
      await rows(page, 'Events in groups');
      await screenshot(`events-${name.toLowerCase().replace(' ', '-')}`);
    }
    await choose(page, 'Locks');
    await rows(page, 'Single events');
    await page.getByRole('grid', { name: 'Single events' }).getByRole('row').nth(1).click();
    const event = page.getByRole('complementary', { name: 'Selected event' });
    await event.getByText('What the holder did meanwhile').waitFor();
    await assertAccessible(page, 'an event');
    await screenshot('event');
    await event.getByRole('button', { name: 'Close details' }).click();

    await show(page, 'Overview');
    await page.getByText('What else the log says').waitFor();
    await assertAccessible(page, 'the overview with events');
    await screenshot('events-overview');
  });
}

pageTest('a group has its single events, by any grouping', async ({ page }) => {
  await openLog(page);
  await show(page, 'Events');
  await rows(page, 'Events in groups');
  await page.getByLabel('Group by').selectOption('sqlstate');
  const states = await rows(page, 'Events in groups');
  assert.match(states[0][0], /^23505 unique_violation/);
  await page.getByRole('grid', { name: 'Events in groups' }).getByRole('row').nth(2).click();
  await page.getByRole('button', { name: /: show all$/ }).waitFor();
  await page.waitForFunction(() => /events-of=/.test(location.hash));
  assert.equal((await rows(page, 'Single events')).length, 1);
  // Back takes it back.
  await page.goBack();
  await page.getByRole('button', { name: /: show all$/ }).waitFor({ state: 'detached' });
});

pageTest('the words of the status line lead to the events', async ({ page }) => {
  await openLog(page);
  await page.getByRole('list', { name: 'Totals' }).getByRole('button', { name: '6 temporary files' }).click();
  await page.getByRole('tab', { name: 'Events', selected: true }).waitFor();
  assert.equal(await kinds(page).getByRole('button', { name: /^Temporary files/ }).getAttribute('aria-pressed'), 'true');
  await page.waitForFunction(() => /events=temporary-files/.test(location.hash));
});

pageTest('failed only shows what failed, in every view', async ({ page, screenshot }) => {
  await openLog(page, 'events/repeated-errors.log.gz');
  await show(page, 'Overview');
  await page.getByText('40 errors').first().waitFor();
  await page.getByText('Filter', { exact: true }).click();
  await page.getByLabel('failed only').check();
  await show(page, 'Queries');
  const [row] = await rows(page, 'Queries');
  assert.match(row[0], /INSERT INTO orders/);
  await page.getByText('40 failed beside them').waitFor();
  await page.getByRole('grid', { name: 'Queries' }).getByRole('row').nth(1).click();
  const query = page.getByRole('complementary', { name: 'Selected query' });
  await query.getByText('No executions.').waitFor();
  await screenshot('failed-only');
  await query.getByRole('button', { name: '40 errors' }).click();
  await page.getByRole('tab', { name: 'Events', selected: true }).waitFor();
  assert.match((await rows(page, 'Events in groups'))[0][0], /duplicate key/);
});

pageTest('a query tells of the range that is brushed, in one line', async ({ page }) => {
  await openLog(page, 'events/temporary-files.log.gz');
  await show(page, 'Queries');
  await rows(page, 'Queries');
  await page.getByRole('grid', { name: 'Queries' }).getByRole('row').nth(1).click();
  const query = page.getByRole('complementary', { name: 'Selected query' });
  const line = query.getByRole('button', { name: /temporary files?/ });
  assert.match(await line.innerText(), /^6 temporary files \(27\.9 MB, up to 4\.65 MB\)$/);
  const strip = page.getByRole('application', { name: /^Time range/ }).or(page.locator('.strip canvas'));
  await strip.first().focus();
  await page.keyboard.press('ArrowRight');
  await query.getByRole('button', { name: /^1 temporary file \(4\.65 MB\)$/ }).waitFor();
});

pageTest('the edge of a panel is moved and stays', async ({ page }) => {
  await openLog(page);
  await show(page, 'Queries');
  await page.getByRole('grid', { name: 'Queries', exact: true }).getByText(/pg_sleep/).first().waitFor();
  await page.getByRole('grid', { name: 'Queries' }).getByRole('row').nth(1).click();
  const panel = page.getByRole('complementary', { name: 'Selected query' });
  const before = (await panel.boundingBox()).width;
  const edge = panel.getByRole('separator', { name: 'Width of the panel' });
  await edge.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  const after = (await panel.boundingBox()).width;
  assert.ok(Math.abs(after - before - 48) < 2, `${before} to ${after}`);
  await show(page, 'Timeline');
  await show(page, 'Queries');
  assert.ok(Math.abs((await panel.boundingBox()).width - after) < 2);
});
