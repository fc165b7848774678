// One filter for all views of a log: the strip of time, chips, the form, the address.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, show } from './support/views.js';

const LOG = data('sql/postgres/pg15.log');

const bar = (page) => page.getByRole('region', { name: 'Filter' });
const strip = (page) => bar(page).getByRole('application', { name: /^Time range/ });
const chips = (page) => page.getByRole('list', { name: 'Conditions' });

async function openLog(page) {
  await drop(page, [LOG]);
  await opened(page);
  await show(page, 'Overview');
  await bar(page).getByText('253 statements').waitFor();
}

/** How many statements the bar says are left, once that is as `expected` (a number, or a test of it). */
async function left(page, expected) {
  const fits = typeof expected === 'number' ? (count) => count === expected : expected;
  const summary = bar(page).locator('.summary');
  for (const end = Date.now() + 10_000; ; await page.waitForTimeout(50)) {
    const text = await summary.innerText();
    const count = Number((text.match(/^([\d,]+) of 253 statements/)?.[1] ?? '253').replace(',', ''));
    if (fits(count)) return count;
    assert.ok(Date.now() < end, `${text} does not fit ${expected}`);
  }
}

/** A number of the overview. */
const total = async (page, name) =>
  page.locator('.totals div').filter({ has: page.getByText(name, { exact: true }) }).locator('dd').innerText();

for (const viewport of ['desktop', 'phone']) {
  for (const colorScheme of ['light', 'dark']) {
    pageTest(`overview and filter, ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
      await openLog(page);
      await page.waitForTimeout(500);
      await assertAccessible(page, 'overview');
      await screenshot('overview');
      await page.getByText('Filter', { exact: true }).click();
      await bar(page).getByLabel('Kind').selectOption('operation');
      await bar(page).getByLabel('Value').selectOption('SELECT');
      await bar(page).getByRole('button', { name: 'Include' }).click();
      await chips(page).getByText('Operation: SELECT').waitFor();
      await strip(page).press('ArrowRight');
      await page.waitForTimeout(400);
      await assertAccessible(page, 'overview with a filter');
      await screenshot('overview-filtered');
      await show(page, 'Timeline');
      await page.waitForTimeout(600);
      await assertAccessible(page, 'timeline with a filter');
      await screenshot('timeline-filtered');
    });
  }
}

pageTest('a condition holds in all views and in the address', async ({ page }) => {
  await openLog(page);
  await page.getByText('Filter', { exact: true }).click();
  await bar(page).getByLabel('Kind').selectOption('operation');
  await bar(page).getByLabel('Value').selectOption('SELECT');
  await bar(page).getByRole('button', { name: 'Include' }).click();
  const selects = await left(page, (count) => count > 0 && count < 253);
  assert.match(await total(page, 'Statements'), new RegExp(`^${selects}$`));
  assert.match(await total(page, 'Writes'), /^0/);
  await show(page, 'Timeline');
  await page.getByRole('application', { name: new RegExp(`^Timeline of .* ${selects} statements`) }).waitFor();
  await page.waitForFunction(() => location.hash.includes('only=operation:SELECT'));
  // What is left and what is left out make the whole.
  await chips(page).getByRole('button', { name: 'Remove filter Operation: SELECT' }).click();
  await bar(page).getByText('253 statements').waitFor();
  await bar(page).getByRole('button', { name: 'Exclude' }).click();
  await left(page, 253 - selects);
  await page.goBack();
  await bar(page).getByText('253 statements').first().waitFor();
});

pageTest('the form keeps what was chosen, and the focus', async ({ page }) => {
  await openLog(page);
  await page.getByText('Filter', { exact: true }).click();
  const [kind, value] = [bar(page).getByLabel('Kind'), bar(page).getByLabel('Value')];
  const kept = async () => {
    await page.waitForTimeout(300);
    assert.deepEqual([await kind.inputValue(), await value.inputValue()], ['operation', 'UPDATE']);
  };
  await kind.selectOption('operation');
  await value.selectOption('UPDATE');
  const button = bar(page).getByRole('button', { name: 'Include' });
  await button.press('Enter');
  await chips(page).getByText('Operation: UPDATE').waitFor();
  await kept();
  assert.ok(await button.evaluate((button) => button === document.activeElement));
  await bar(page).getByLabel('At least').fill('0.001');
  await bar(page).getByLabel('At least').press('Enter');
  await chips(page).getByText(/^at least/).waitFor();
  await kept();
  // Also from view to view.
  await show(page, 'Timeline');
  await kept();
  await show(page, 'Queries');
  await kept();
  // The chip that goes hands the focus on: to the next, then to the form.
  await chips(page).getByRole('button', { name: /Operation/ }).press('Enter');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label')?.includes('at least'));
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.matches('.adder summary'));
  await kept();
});

pageTest('the range is drawn with the pointer and moved with the keys', async ({ page }) => {
  await openLog(page);
  const { x, y, width, height } = await strip(page).boundingBox();
  await page.mouse.move(x + width * 0.3, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.6, y + height / 2, { steps: 8 });
  await page.mouse.up();
  await chips(page).getByRole('button', { name: /^Remove filter .* from / }).waitFor();
  await page.waitForTimeout(500);
  const drawn = await left(page, (count) => count > 0 && count < 253);
  await page.waitForFunction(() => /only=range:/.test(location.hash));
  await page.reload();
  await opened(page);
  await left(page, drawn);
  await strip(page).press('Escape');
  await bar(page).getByText(/^253 statements/).waitFor();
  // The last tenth of the time, then the first.
  await strip(page).press('ArrowLeft');
  const last = await left(page, (count) => count < 253);
  await strip(page).press('Home');
  await page.waitForTimeout(500);
  await left(page, (count) => count + last <= 253);
  await strip(page).press('Escape');
  await bar(page).getByText(/^253 statements/).waitFor();
});

pageTest('a text is looked for in queries, then in every statement', async ({ page }) => {
  await openLog(page);
  await page.getByRole('searchbox', { name: 'Search' }).fill('auth_user');
  const inQueries = await left(page, (count) => count > 0 && count < 253);
  // What is searched at once is said, and beside it is the way to all.
  await chips(page).getByText('“auth_user” in queries and examples').waitFor();
  await bar(page).getByRole('button', { name: 'Search full texts' }).click();
  await chips(page).getByText('“auth_user” in any text').waitFor();
  await left(page, (count) => count >= inQueries && count < 253);
  // A value stands in no query, but in a text: at once in that of each query's slowest execution.
  await page.getByRole('searchbox', { name: 'Search' }).fill("it''s");
  await left(page, (count) => count > 0 && count < 253);
  await bar(page).getByRole('button', { name: 'Search full texts' }).click();
  await chips(page).getByText('in any text').waitFor();
  const inTexts = await left(page, (count) => count > 0 && count < 253);
  // A link says so as well.
  await page.waitForFunction(() => location.hash.includes('only=all-texts'));
  await page.reload();
  await opened(page);
  await left(page, inTexts);
});

pageTest('a statement shows its request, and its lanes are of any kind', async ({ page, screenshot }) => {
  await openLog(page);
  await show(page, 'Timeline');
  await page.getByLabel('Lanes by').selectOption('application');
  await page.getByRole('application', { name: /^Timeline of .* 253 statements on 4 lanes/ }).waitFor();
  assert.match(page.url(), /lanes=application/);
  await page.getByRole('application', { name: /^Timeline/ }).press('ArrowRight');
  const details = page.getByRole('complementary', { name: 'Selected statement' });
  await details.getByText(/statements · .* in the database/).waitFor();
  await assertAccessible(page, 'a statement with its request');
  await screenshot('statement-request');
  await details.getByRole('button', { name: 'Only this request' }).click();
  await chips(page).getByText(/^Request: /).waitFor();
  await left(page, (count) => count > 0 && count < 253);
});
