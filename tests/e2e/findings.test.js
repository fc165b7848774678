// What to fix first: the view every document opens on.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, opened } from './support/views.js';

const SHOP = [data('shop/shop.prof'), data('shop/shop.sql.jsonl')];

const first = (page) => page.getByRole('region', { name: 'What to fix first' });
const finding = (page, text) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3, name: text }) });
const partner = (page) => page.getByRole('combobox', { name: /^Together with/ });
const titles = (page) => page.locator('.finding h3').allInnerTexts();
const picture = (page) => page.getByRole('application', { name: /^Pareto curve: / });

/** Opens the shop's profile and log, and waits until they were judged together. */
async function openShop(page) {
  await drop(page, SHOP);
  await opened(page);
  await picture(page).waitFor();
  await first(page).getByText(/127 statements/).waitFor();
}

/** Opens a finding; gives it. */
async function unfold(page, text) {
  const found = finding(page, text);
  await found.locator('summary').click();
  await found.getByRole('button', { name: 'Copy as Markdown issue' }).waitFor();
  return found;
}

pageTest('a dropped pair opens on what to fix first, the N+1 on top', async ({ page }) => {
  await openShop(page);
  assert.equal(await page.getByRole('tab', { selected: true }).innerText(), 'Findings');
  assert.match(page.url(), /view=findings/);
  const top = first(page).getByRole('listitem').first();
  assert.match(await top.innerText(), /loads shop_orderline row by row: 50 queries[\s\S]*N\+1[\s\S]*shop\.sql\.jsonl[\s\S]*saves ≈ [\d.]+ ms of [\d.]+ ms[\s\S]*medium confidence/);
  // One request, 127 statements: the profile's time, and the log's.
  await first(page).getByText(/^Total 210 ms; 127 statements take 59\.1 ms\.$/).waitFor();
  await page.getByText(/^Most time goes to database driver and ORM: \d+ %\.$/).waitFor();
  // What only describes is no finding.
  assert.ok((await titles(page)).every((title) => !/bottleneck|make \d+ %/.test(title)));
  await page.getByText(/^\d+ of 994 functions and queries account for 80 % of the time; \d+ of them are queries\.$/).waitFor();
  // The same in the log's tab.
  const before = await titles(page);
  await documentButton(page, 'shop.sql.jsonl').click();
  await picture(page).waitFor();
  await page.waitForFunction(() => location.hash.includes('file=shop.sql.jsonl'));
  assert.equal(await partner(page).locator('option:checked').innerText(), 'shop.prof');
  assert.deepEqual(await titles(page), before);
});

/** A page with an N+1 and the same page without: profile and log of each. */
const CHANGE = ['', 'clean-'].flatMap((kind) => [data(`pages/${kind}foreign_key.prof.gz`), data(`pages/${kind}foreign_key.sql.jsonl.gz`)]);

for (const [viewport, colorScheme] of [['desktop', 'light'], ['phone', 'dark']]) {
  pageTest(`a pair compared with the one before a change says what went, ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
    await drop(page, CHANGE);
    await documentButton(page, 'clean-foreign_key.prof').click();
    await page.getByRole('heading', { name: 'Nothing stands out' }).waitFor();
    const change = page.getByRole('region', { name: 'What the change did' });
    assert.equal(await change.count(), 0, 'nothing is compared unasked');
    await page.getByRole('combobox', { name: /^Compared with/ }).selectOption({ label: 'foreign_key.prof' });
    await change.getByText(/^[\d.]+ ms before, [\d.]+ ms after, without the profiler's own time: [\d.]+ ms less\. The findings? that (is|are) gone (was|were) to save [\d.]+ ms\.$/).waitFor();
    const gone = change.getByRole('heading', { name: 'Gone' }).locator('+ ul');
    assert.match(await gone.innerText(), /row by row[\s\S]*saves ≈ [\d.]+ ms/);
    assert.equal(await change.getByRole('heading', { name: 'New' }).count(), 0);
    await assertAccessible(page);
    await screenshot('findings-compared');
    await page.getByRole('combobox', { name: /^Compared with/ }).selectOption({ label: 'nothing' });
    await change.waitFor({ state: 'detached' });
  });
}

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of ['desktop', 'phone']) {
    pageTest(`an open finding is accessible, ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
      await openShop(page);
      await unfold(page, /shop_product/);
      await page.locator('summary', { hasText: 'As a table' }).click();
      await page.locator('summary', { hasText: 'Thresholds' }).click();
      await assertAccessible(page, 'everything unfolded');
      await screenshot('finding');
    });
  }
}

/** What recordings of the remedies open on, and a rule of each. */
const REMEDIES = [
  [['findings/postgres-stocktake.log.gz', 'findings/postgres-stocktake.sql'], /^A write of shop_product takes /],
  [['findings/postgres-crowd.log.gz'], /^A replica could take /],
  [['findings/visits.sql.jsonl.gz'], /^A cache of the database's answers would serve /],
  [['findings/postgres-rush.log.gz'], /keeps a transaction open for /],
  [['findings/payment.prof.gz', 'findings/payment.sql.jsonl'], /keeps a transaction open for /],
  [['findings/uncached_templates.prof.gz', 'findings/uncached_templates.sql.jsonl'], /^Templates are parsed during the request: /],
  [['rules/run_program.prof.gz'], /^run_program \(articles\.py:\d+\) waits /],
  [['rules/log_with_structlog.prof.gz'], /^Logging (for \S+ )?takes /],
];

for (const [viewport, colorScheme] of [['desktop', 'light'], ['phone', 'dark']]) {
  pageTest(`the remedies of the talk are accessible, ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
    for (const [files, title] of REMEDIES) {
      const name = basename(files[0], '.gz');
      await drop(page, files.map(data));
      await documentButton(page, name).click();
      await finding(page, title).first().waitFor();
      for (const summary of await first(page).locator('.finding summary').all()) await summary.click();
      await finding(page, title).first().getByRole('button', { name: 'Copy as Markdown issue' }).waitFor();
      await assertAccessible(page);
      await screenshot(`findings-${name.split('.')[0]}`);
    }
  });
}

pageTest('evidence leads to the selected query, in the log', async ({ page }) => {
  await openShop(page);
  const found = await unfold(page, /shop_product/);
  assert.match(await found.innerText(), /select_related\("product"\)/);
  await found.getByRole('button', { name: 'Show all' }).first().click();
  await found.getByText(/"shop_product"\."created"/).waitFor();
  await found.getByRole('button', { name: 'Show in Queries' }).first().click();
  await page.getByRole('tab', { name: 'Queries', selected: true }).waitFor();
  const details = page.getByRole('complementary', { name: 'Selected query' });
  await details.getByRole('group', { name: 'Fingerprint' }).getByText('"shop_product"', { exact: false }).first().waitFor();
  assert.match(page.url(), /file=shop\.sql\.jsonl&view=queries&query=\d+/);
  assert.match(await details.innerText(), /Calls\s+44/);
  await page.goBack();
  await page.getByRole('tab', { name: 'Findings', selected: true }).waitFor();
  assert.match(page.url(), /file=shop\.prof/);
});

pageTest('the Pareto curve is walked with the keys and leads to the item', async ({ page }) => {
  await openShop(page);
  await picture(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('[aria-live=polite]').getByText(/^1: query SELECT/).waitFor({ state: 'attached' });
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: 'Selected query' }).waitFor();
  await page.goBack();
  // The pointer, on the first column.
  await picture(page).hover({ position: { x: 46, y: 200 } });
  await page.locator('.hover-card').getByText('All executions').waitFor();
  // And the table says the same.
  await page.locator('summary', { hasText: 'As a table' }).click();
  const row = page.getByRole('row').filter({ hasText: 'function' }).first();
  const name = await row.getByRole('button').innerText();
  await row.getByRole('button').click();
  await page.getByRole('tab', { name: 'Functions', selected: true }).waitFor();
  assert.equal(await page.getByRole('complementary', { name: 'Selected function' }).getByRole('heading', { level: 2 }).innerText(), name);
});

pageTest('dismissed findings stay so, also in other recordings, until they are restored', async ({ page }) => {
  await openShop(page);
  const found = await unfold(page, /shop_orderline/);
  await found.getByRole('button', { name: 'Dismiss' }).click();
  const dismissed = page.locator('details.fold', { hasText: 'Dismissed (1)' });
  await dismissed.waitFor();
  assert.doesNotMatch(await first(page).innerText(), /shop_orderline/);
  // No SQL and no name of a table is kept for it: a rule and a hash.
  const kept = await page.evaluate(() => localStorage.getItem('flamedrop.dismissed-findings'));
  assert.match(kept, /^n-plus-one:[0-9a-f]{16}$/);
  await page.reload();
  await dismissed.waitFor();
  assert.doesNotMatch(await first(page).innerText(), /shop_orderline/);

  // Another recording of the same code.
  await page.getByRole('button', { name: 'Close shop.prof and shop.sql.jsonl' }).click();
  await drop(page, [{ name: 'again.jsonl', text: await readFile(SHOP[1], 'utf8') }]);
  await dismissed.waitFor();
  await dismissed.locator('summary').first().click();
  const again = await unfold(page, /shop_orderline/);
  await again.getByRole('button', { name: 'Restore' }).click();
  await dismissed.waitFor({ state: 'detached' });
  assert.match(await first(page).innerText(), /shop_orderline/);
});

pageTest('thresholds: a change asks again, is kept, and is said', async ({ page }) => {
  await drop(page, [SHOP[1]]);
  await finding(page, /shop_customer/).waitFor();
  await page.locator('summary', { hasText: 'Thresholds' }).click();
  const threshold = page.locator('.rule', { hasText: 'N+1' }).getByRole('spinbutton').first();
  const initially = await threshold.inputValue();
  await threshold.fill('1000');
  await threshold.press('Enter');
  await finding(page, /row by row/).first().waitFor({ state: 'detached' });
  await page.getByText('One threshold is not the default').waitFor();
  await page.reload();
  await page.getByText('One threshold is not the default').waitFor();
  assert.equal(await finding(page, /row by row/).count(), 0);
  await page.getByRole('button', { name: 'Use the defaults' }).click();
  await finding(page, /shop_customer/).waitFor();
  await page.locator('summary', { hasText: 'Thresholds' }).click();
  assert.equal(await threshold.inputValue(), initially);
  assert.equal(await page.evaluate(() => localStorage.getItem('flamedrop.thresholds')), '');
});

pageTest('a finding as a Markdown issue', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openShop(page);
  const found = await unfold(page, /shop_customer/);
  await found.getByRole('button', { name: 'Copy as Markdown issue' }).click();
  await page.getByText(/^Copied \d+ lines$/).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^# A request loads shop\\_customer row by row[\s\S]*## Evidence[\s\S]*```sql[\s\S]*## Remedy[\s\S]*select\\?_related[\s\S]*## When this is wrong/);
});

pageTest('files of one stem are a pair by themselves, others by hand', async ({ page }) => {
  await drop(page, [{ name: 'one.prof', bytes: await readFile(SHOP[0]) }, { name: 'other.sql.jsonl', text: await readFile(SHOP[1], 'utf8') }]);
  await opened(page);
  await picture(page).waitFor();
  assert.equal(await partner(page).locator('option:checked').innerText(), 'none');
  assert.equal(await finding(page, /shop_orderline/).count(), 0, 'the log is not asked');
  await partner(page).selectOption({ label: 'other.sql.jsonl' });
  await finding(page, /shop_orderline/).waitFor();
  await documentButton(page, 'other.sql.jsonl').click();
  await page.waitForFunction(() => location.hash.includes('file=other'));
  await picture(page).waitFor();
  assert.equal(await partner(page).locator('option:checked').innerText(), 'one.prof');
  await partner(page).selectOption({ label: 'none' });
  await first(page).getByText(/^127 statements take/).waitFor();

  // The choice is in the address.
  await page.reload();
  await first(page).getByText(/^127 statements take/).waitFor();
  assert.equal(await partner(page).locator('option:checked').innerText(), 'none');
  await partner(page).selectOption({ label: 'one.prof' });
  await first(page).getByText(/ms; 127 statements/).waitFor();
  await page.waitForFunction(() => location.hash.includes('with=one.prof'));
  await page.reload();
  await first(page).getByText(/ms; 127 statements/).waitFor();

  // A log of the profile's own stem comes later: the choice stands until it is taken back.
  await partner(page).selectOption({ label: 'none' });
  await drop(page, [{ name: 'one.sql.log', text: await readFile(data('shop/shop.sql.log'), 'utf8') }]);
  await page.waitForFunction(() => location.hash.includes('file=one.sql.log'));
  await first(page).getByText(/ms; 127 statements/).waitFor();
  assert.equal(await partner(page).locator('option:checked').innerText(), 'one.prof');
});

pageTest('where nothing stands out, what was looked at is said, and how to record', async ({ page, screenshot }) => {
  const line = (await readFile(SHOP[1], 'utf8')).split('\n')[0];
  await drop(page, [{ name: 'quiet.jsonl', text: line + '\n' }]);
  await page.getByRole('heading', { name: 'Nothing stands out' }).waitFor();
  await page.getByText(/^\d+ rules looked at 1 statements? and found nothing above their thresholds\.$/).waitFor();
  await page.getByText(/^Below the thresholds: /).waitFor();
  await page.getByRole('heading', { name: 'Record both at once' }).waitFor();
  await assertAccessible(page, 'nothing stands out');
  await screenshot('nothing');
});

pageTest('the recorder is copied whole', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy flamedrop_recorder.py' }).click();
  await page.getByText(/^Copied \d+ lines$/).waitFor();
  const recorder = await readFile(data('../../recorder/flamedrop_recorder.py'), 'utf8');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), recorder);
});

const RECORDED = (name) => [data(`findings/${name}.prof.gz`), data(`findings/${name}.sql.jsonl`)];

pageTest('a recorded request says which line of code asks row by row', async ({ page, screenshot }) => {
  await drop(page, RECORDED('n_plus_one-category'));
  const found = finding(page, /GET \/category\/garden\/ loads Product\.images row by row/);
  await found.waitFor();
  await screenshot('recorded');
  await unfold(page, /Product\.images/);
  assert.match(await found.innerText(), /high confidence[\s\S]*prefetch_related\("images"\)[\s\S]*_card\.html:\d+/);
});

pageTest('evidence leads to functions and to stretches of time', async ({ page }) => {
  await drop(page, RECORDED('duplicates'));
  const found = finding(page, /repeats? the same .* query/).first();
  await found.locator('summary').click();
  assert.match(await found.innerText(), /duplicates\.prof \+ duplicates\.sql\.jsonl/);
  await found.getByTitle('Show in Timeline').first().click();
  await page.getByRole('tab', { name: 'Timeline', selected: true }).waitFor();
  await page.waitForFunction(() => /file=duplicates\.sql\.jsonl&view=timeline/.test(location.hash) && /range=/.test(location.hash));
  await page.goBack();
  // The function of a profile's finding.
  await documentButton(page, 'duplicates.prof').click();
  await drop(page, [data('rules/search_list.prof.gz')]);
  const slow = finding(page, /^search_list \(articles\.py:\d+\) takes /);
  await slow.locator('summary').click();
  const place = slow.getByTitle('Show in Functions').first();
  const name = (await place.innerText()).match(/\((.+)\)$/)[1];
  await place.click();
  await page.getByRole('tab', { name: 'Functions', selected: true }).waitFor();
  await page.getByRole('complementary', { name: 'Selected function' }).getByRole('heading', { name, level: 2 }).waitFor();
  assert.match(page.url(), /file=search_list\.prof/);
});

pageTest('a search finds among findings; Forget forgets what was dismissed', async ({ page }) => {
  await openShop(page);
  await page.getByRole('searchbox', { name: 'Search' }).fill('SHOP_CUSTOMER');
  await finding(page, /shop_orderline/).waitFor({ state: 'detached' });
  assert.equal((await titles(page)).length, 1);
  const found = await unfold(page, /shop_customer/);
  await found.getByRole('button', { name: 'Dismiss' }).click();
  await page.getByText('Dismissed (1)').waitFor();
  await page.getByRole('button', { name: 'Flamedrop', exact: true }).click();
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Delete saved files' }).click();
  await page.getByText('All files are closed, and saved copies deleted').waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('flamedrop.dismissed-findings')), '');
});

pageTest('an old link shows the view it names', async ({ page }) => {
  await drop(page, SHOP);
  await opened(page);
  await page.evaluate(() => (location.hash = '#file=shop.prof&view=flame-graph'));
  await page.getByRole('tab', { name: 'Flame graph', selected: true }).waitFor();
});
