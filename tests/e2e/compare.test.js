// A profile beside others of the same program: before a change and after it.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, opened, show } from './support/views.js';

const recording = (name) => data(`compare/${name}.prof`);

const before = (page) => page.getByLabel('Before:');
const said = (page) => page.getByRole('status').filter({ hasText: ' before, ' });
const graph = (page) => page.getByRole('application', { name: /^Difference flame graph/ });
const TABLE = 'Functions before and after';
/** A row of the table, from 0. */
const row = (page, place) =>
  page.getByRole('grid', { name: TABLE, exact: true }).locator(`[role=row][aria-rowindex="${place + 2}"]`);

/** Opens recordings, the last of them in its view *Compare*. */
async function comparing(page, ...names) {
  // By twos: more at once are a group.
  for (let at = 0; at < names.length; at += 2) {
    await drop(page, names.slice(at, at + 2).map(recording));
    await opened(page);
  }
  await documentButton(page, names.at(-1)).waitFor();
  await documentButton(page, names.at(-1)).click();
  await show(page, 'Compare');
}

pageTest('what a change did to each function', async ({ page, screenshot }) => {
  await comparing(page, 'before-1', 'after-1');
  // Nothing is compared unasked.
  await page.getByText('Choose a recording of the same program').waitFor();
  await before(page).selectOption('before-1.prof');
  await said(page).getByText('4 new, 1 gone').waitFor();
  await row(page, 0).getByText('find').waitFor();
  assert.match(await row(page, 0).innerText(), /−14\.\d+[\s\S]*→[\s\S]*stock\.py:38/);
  assert.match(await row(page, 1).innerText(), /\+10\.\d+[\s\S]*new[\s\S]*time\.sleep/);
  await assertAccessible(page, 'compared functions');
  await screenshot('compare');
  // The address has it: a reload shows the same, once the files are there again.
  const link = await page.evaluate(() => location.hash);
  assert.match(link, /before=before-1\.prof/);
  // By share the wait is what grew most.
  await page.getByRole('combobox', { name: /^Compare/ }).selectOption('shares of all');
  await row(page, 0).getByText('time.sleep').waitFor();
  await page.getByRole('combobox', { name: /^Compare/ }).selectOption('as measured');
  await row(page, 0).getByText('find').waitFor();
  // From a function to its callers, in this profile.
  await row(page, 0).dblclick();
  await page.getByRole('heading', { name: /find/ }).first().waitFor();
});

pageTest('a difference flame graph of either side', async ({ page, screenshot }) => {
  await comparing(page, 'before-1', 'after-1');
  await before(page).selectOption('before-1.prof');
  await said(page).waitFor();
  await page.getByRole('button', { name: 'Flame graph', exact: true }).click();
  await graph(page).waitFor();
  await page.waitForTimeout(400);
  await assertAccessible(page, 'difference flame graph');
  await screenshot('compare-graph');
  await graph(page).focus();
  const spoken = page.locator('[aria-live=polite]').filter({ hasText: /Total: / });
  await page.keyboard.press('ArrowDown');
  await spoken.getByText(/^main\. Total: 2\d(\.\d)? ms before, 11\.\d ms after, −/).waitFor();
  await page.keyboard.press('ArrowDown');
  await spoken.getByText(/sleep|wait/).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('group', { name: 'In the proportions of' }).getByRole('button', { name: 'Before' }).click();
  await page.getByRole('application', { name: /proportions before the change/ }).waitFor();
  await page.waitForTimeout(400);
  await screenshot('compare-graph-before');
});

pageTest('several runs of each side say what is chance', async ({ page, screenshot }) => {
  await comparing(page, 'before-1', 'before-2', 'before-3', 'after-2', 'after-3', 'after-1');
  await page.getByText('Several runs', { exact: true }).click();
  const runs = page.locator('.recordings li');
  assert.equal(await runs.count(), 5);
  for (const [name, side] of [
    ['before-1', 'before'],
    ['before-2', 'before'],
    ['before-3', 'before'],
    ['after-2', 'after'],
    ['after-3', 'after'],
  ]) {
    await runs.filter({ hasText: name }).getByRole('combobox').selectOption(side);
  }
  await page.getByText('Several runs', { exact: true }).click();
  await said(page).getByText(/on average of 3 before, .* on average of 3 after: −/).waitFor();
  await row(page, 0).getByText('find').waitFor();
  assert.equal(await row(page, 0).locator('.better').count(), 2);
  await page.getByRole('searchbox').first().fill('vars');
  await row(page, 0).getByText('vars').waitFor();
  assert.equal(await row(page, 0).locator('.chance').count(), 2);
  await screenshot('compare-runs');
});
