// Call trees of more boxes than are sent at once: what is too small to be drawn comes when one zooms, walks, opens or
// searches, and an address that names it brings it back.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

import { choose } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, show, tableOf, waitUntilDrawn } from './support/views.js';

const folder = await mkdtemp(join(tmpdir(), 'flamedrop-large-'));
after(() => rm(folder, { recursive: true }));
const file = join(folder, 'large.folded');
const LEAVES = 9_000;
const lines = ['main;work 50'];
for (let number = 0; number < LEAVES; number += 1) {
  const stack = `main;work;step${number % 40};part${number % 900};leaf${number}`;
  lines.push(`${stack} ${number % 900 ? 1 + (number % 7) : 4_000}`);
  if (number % 1000 === 500) lines.push(`${stack};needle${number} 1`);
}
// One that calls so many small ones that they are a row "(6,000 more)".
for (let number = 0; number < 6_000; number += 1) lines.push(`main;many;tiny${number} 1`);
await writeFile(file, `${lines.join('\n')}\n`);

const graph = (page) => page.getByRole('application', { name: /Call tree of .*: [\d,]+ boxes/ });
const spoken = (page, text) => page.locator('[aria-live=polite]').getByText(text).first().waitFor({ state: 'attached' });

async function openLarge(page, view) {
  await page.getByRole('button', { name: 'Keys' }).waitFor();
  await choose(page, [file]);
  await opened(page);
  await show(page, view);
  if (view === 'Flame graph') await waitUntilDrawn(page, graph(page));
}

pageTest('a search walks to what is too small to be drawn, and the address brings it back', async ({ page, screenshot }) => {
  await openLarge(page, 'Flame graph');
  assert.match(await graph(page).getAttribute('aria-label'), /: 9,\d\d\d boxes|: 1\d,\d\d\d boxes/);
  const box = page.getByRole('searchbox').or(page.locator('#search')).first();
  await box.fill('needle');
  await box.press('Enter');
  await spoken(page, /^needle\d+/);
  await page.getByText(/1 of 9/).first().waitFor();
  await box.press('Enter');
  await page.getByText(/2 of 9/).first().waitFor();
  await spoken(page, /^needle\d+.*Level 6\.$/);
  await screenshot('needle');
  const name = (await page.locator('[aria-live=polite]').getByText(/^needle/).first().innerText()).split(/[ .,]/)[0];
  assert.match(page.url(), /box=\d+/);
  await page.reload();
  await waitUntilDrawn(page, graph(page));
  await spoken(page, new RegExp(`^${name}`));
});

pageTest('the keys walk into small boxes', async ({ page }) => {
  await openLarge(page, 'Flame graph');
  // Down to the heaviest leaf, and from there to the right: what is beside it is too small to be there at first.
  for (let step = 0; step < 5; step += 1) await page.keyboard.press('ArrowDown');
  await spoken(page, /^leaf\d+.*Level 5\.$/);
  for (let step = 0; step < 12; step += 1) {
    const before = await page.locator('[aria-live=polite]').getByText(/^leaf/).first().innerText();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(
      (before) =>
        [...document.querySelectorAll('[aria-live=polite]')].some(
          (one) => /^leaf/.test(one.textContent) && one.textContent !== before,
        ),
      before,
    );
  }
});

pageTest('a function of small boxes only is shown in the tree, also by its address', async ({ page }) => {
  await openLarge(page, 'Call tree');
  const table = tableOf(page, 'Call tree');
  // A function that has only small boxes is shown in the tree all the same.
  await show(page, 'Functions');
  await page.locator('#search').fill('leaf7777');
  await tableOf(page, 'Functions').getByRole('row').filter({ hasText: 'leaf7777' }).first().click();
  await show(page, 'Call tree');
  const row = table.locator('[aria-selected=true]').filter({ hasText: 'leaf7777' });
  await row.waitFor();
  await page.locator('#search').fill('');
  await page.reload();
  await row.waitFor();
});

pageTest('"(n more)" opens a few hundred at a time', async ({ page, screenshot }) => {
  await openLarge(page, 'Call tree');
  const table = tableOf(page, 'Call tree');
  const row = (name) => table.getByRole('row').filter({ hasText: name });
  // It is the last row: what is heavier is open above it.
  await row(/\bwork\b/).first().click();
  await page.keyboard.press('End');
  await table.locator('[aria-selected=true]').filter({ hasText: /\bmany\b/ }).waitFor();
  await page.keyboard.press('ArrowRight');
  // The first few hundred come at once, the others are one row at their end.
  await row(/\btiny\d+\b/).first().waitFor();
  const toTheEnd = () => table.evaluate((table) => table.scrollTo(0, table.scrollHeight));
  const count = async () => Number(await table.getAttribute('aria-rowcount'));
  const grows = (than) =>
    page.waitForFunction(
      (than) => Number(document.querySelector('[role=treegrid]').getAttribute('aria-rowcount')) === than + 500,
      than,
    );
  await toTheEnd();
  await row('(5,500 more)').waitFor();
  await screenshot('opened');
  const first = await count();
  await row('(5,500 more)').locator('.toggle').click();
  await grows(first);
  await toTheEnd();
  await row('(5,000 more)').waitFor();
  // The keys open it on their way.
  await page.keyboard.press('End');
  await grows(first + 500);
  await toTheEnd();
  await row('(4,500 more)').waitFor();
});

pageTest('zoomed, all that is wide enough is there', async ({ page, screenshot }) => {
  await openLarge(page, 'Flame graph');
  // To a step of few small leaves, and closer: a pixel is then far less than what was there at first.
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'Enter', '+', '+', '+']) {
    await page.keyboard.press(key);
  }
  await page.waitForTimeout(1_000);
  await screenshot('zoomed');
  // No box of "(more)" is left where names fit.
  const { width } = await graph(page).boundingBox();
  for (let x = 20; x < width; x += 90) {
    await graph(page).hover({ position: { x, y: 4.5 * 20 } });
    const card = page.locator('.hover-card').first();
    if (await card.isVisible()) assert.doesNotMatch(await card.innerText(), /\d more\)/);
  }
});
