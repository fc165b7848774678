// Each view: there, accessible, and right.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, opened, rows, show, waitUntilDrawn } from './support/views.js';

const SHOP = [data('shop/shop.prof'), data('shop/shop.sql.jsonl')];

async function openShop(page) {
  await drop(page, SHOP);
  await opened(page);
}

const PROFILE_VIEWS = ['Findings', 'Flame graph', 'Call tree', 'Functions', 'Sandwich', 'Callers and callees', 'Compare functions'];
const LOG_VIEWS = ['Findings', 'Overview', 'Timeline', 'Queries', 'Tables', 'Requests', 'Compare queries'];
const fileName = (view) => view.toLowerCase().replaceAll(' ', '-');

for (const viewport of ['desktop', 'phone']) {
  for (const colorScheme of ['light', 'dark']) {
    pageTest(`every view, ${viewport}, ${colorScheme}`, { viewport, colorScheme }, async ({ page, screenshot }) => {
      await assertAccessible(page, 'welcome');
      await screenshot('welcome');
      await openShop(page);
      for (const [file, views] of [['shop.prof', PROFILE_VIEWS], ['shop.sql.jsonl', LOG_VIEWS]]) {
        await documentButton(page, file).click();
        for (const view of views) {
          await show(page, view);
          // What is asked of the worker is there when the table or the picture is.
          await page.waitForTimeout(300);
          await assertAccessible(page, `${view} of ${file}`);
          await screenshot(fileName(view));
        }
      }
      await show(page, 'Queries');
      await page.getByRole('grid', { name: 'Queries' }).getByRole('row').nth(1).click();
      await page.getByRole('complementary', { name: 'Selected query' }).getByRole('heading', { name: 'Executions', exact: true }).waitFor();
      await assertAccessible(page, 'a selected query');
      await screenshot('query');
    });
  }
}

pageTest('functions are sorted and filtered', async ({ page }) => {
  await openShop(page);
  await show(page, 'Functions');
  const column = async (index) => (await rows(page, 'Functions')).map((cells) => Number(cells[index].replaceAll(/[^\d.]/g, '')));
  await page.getByRole('columnheader', { name: /cumtime/ }).getByRole('button').click();
  await page.waitForTimeout(200);
  const totals = await column(3);
  assert.deepEqual(totals, totals.toSorted((one, other) => other - one));

  await page.getByRole('searchbox', { name: 'Search' }).fill('execute');
  const found = async () => (await rows(page, 'Functions')).map((cells) => cells.at(-1));
  let places = await found();
  for (let tries = 0; tries < 50 && !places.every((place) => /execute/i.test(place)); tries += 1) {
    await page.waitForTimeout(100);
    places = await found();
  }
  assert.ok(places.length > 0 && places.every((place) => /execute/i.test(place)), places.join('\n'));
});

pageTest('one selection for all views', async ({ page }) => {
  await openShop(page);
  await show(page, 'Functions');
  await rows(page, 'Functions');
  await page.getByRole('treegrid', { name: 'Functions' }).getByRole('row').nth(1).click();
  const details = page.getByRole('complementary', { name: 'Selected function' });
  const name = (await details.getByRole('heading', { level: 2 }).innerText()).trim();
  await show(page, 'Callers and callees');
  await page.getByRole('tabpanel').getByRole('heading', { name, exact: true }).first().waitFor();
  await show(page, 'Flame graph');
  assert.equal((await details.getByRole('heading', { level: 2 }).innerText()).trim(), name);
});

pageTest('the state of a view is in the address', async ({ page }) => {
  await openShop(page);
  await show(page, 'Functions');
  await rows(page, 'Functions');
  await page.getByRole('treegrid', { name: 'Functions' }).getByRole('row').nth(2).click();
  await page.waitForFunction(() => /function=/.test(location.hash) && /view=functions/.test(location.hash));
  const details = page.getByRole('complementary', { name: 'Selected function' });
  const name = await details.getByRole('heading', { level: 2 }).innerText();
  await page.waitForTimeout(300);
  await page.reload();
  assert.equal(await details.getByRole('heading', { level: 2 }).innerText(), name);
  await show(page, 'Call tree');
  await page.goBack();
  await page.getByRole('tab', { name: 'Functions', selected: true }).waitFor();
});

pageTest('a box of the flame graph is zoomed to, and back', async ({ page, screenshot }) => {
  await openShop(page);
  await show(page, 'Flame graph');
  const picture = page.getByRole('application', { name: /^Call tree/ });
  await waitUntilDrawn(page, picture);
  const { width } = await picture.boundingBox();
  const crumbs = page.getByRole('navigation', { name: 'Stack' }).getByRole('button');
  assert.deepEqual(await crumbs.allInnerTexts(), ['all']);
  await picture.hover({ position: { x: width / 3, y: 130 } });
  await page.locator('.hover-card.placed .name').waitFor();
  await screenshot('flame-graph-hover');
  await picture.dblclick({ position: { x: width / 3, y: 130 } });
  await page.waitForFunction(() => /zoom=\d/.test(location.hash));
  assert.ok((await crumbs.count()) > 1);
  await crumbs.first().click();
  await page.waitForFunction(() => !/zoom=\d/.test(location.hash));
  assert.deepEqual(await crumbs.allInnerTexts(), ['all']);
  for (const drawing of ['Flame', 'Sunburst']) {
    await page.getByRole('group', { name: 'Drawing' }).getByRole('button', { name: drawing, exact: true }).click();
    await page.waitForTimeout(400);
    await assertAccessible(page, drawing);
    await screenshot(drawing.toLowerCase());
  }
});

pageTest('the keyboard alone', async ({ page }) => {
  await openShop(page);
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.waitFor();
  await assertAccessible(page, 'keys');
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'hidden' });
  // The page hears of a closed dialog a moment after it is gone.
  await page.waitForTimeout(100);
  await page.keyboard.press('4');
  await page.getByRole('tab', { name: 'Functions', selected: true }).waitFor();
  await rows(page, 'Functions');
  await page.getByRole('treegrid', { name: 'Functions' }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Callers and callees', selected: true }).waitFor();
  await page.keyboard.press(']');
  await page.getByRole('tab', { name: 'Timeline' }).waitFor();
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Search');
});

pageTest('the queries count every statement, the N+1 among them', async ({ page }) => {
  const log = (await readFile(SHOP[1], 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  await drop(page, [SHOP[1]]);
  await opened(page);
  await show(page, 'Queries');
  const found = await rows(page, 'Queries');
  const calls = found.map((cells) => Number(cells[1].replaceAll(',', '')));
  assert.equal(
    calls.reduce((sum, count) => sum + count),
    log.length,
  );
  assert.ok(Math.max(...calls) >= 20, `${calls}`);
});

pageTest('a large log can be cancelled while it is read', async ({ page }) => {
  const line = (await readFile(data('shop/shop.sql.jsonl'), 'utf8')).trim();
  await page.locator('input[type=file]').first().setInputFiles({
    name: 'large.jsonl',
    mimeType: 'application/json',
    buffer: Buffer.from((line + '\n').repeat(350)),
  });
  await page.getByRole('progressbar', { name: 'Reading' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Try it' }).waitFor();
  assert.equal(await page.getByRole('list', { name: 'Documents' }).getByRole('listitem').count(), 0);
});
