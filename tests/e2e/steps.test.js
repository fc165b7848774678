// Working with a profile: steps by mouse, keyboard and finger, trees turned over, the sandwich, the search.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, rows, show, waitUntilDrawn } from './support/views.js';

const ROW = 20;

const graph = (page) => page.getByRole('application', { name: /[Cc]all tree of .*: [\d,]+ boxes/ });
const menu = (page) => page.getByRole('menu', { name: 'Function' });
const trail = (page) => page.getByRole('navigation', { name: 'Steps' });
const panel = (page) => page.getByRole('complementary', { name: 'Selected function' });
const spoken = (page, text) => page.locator('[aria-live=polite]').getByText(text).first().waitFor({ state: 'attached' });

async function openShop(page, view = 'Flame graph') {
  await page.getByRole('button', { name: 'Keys' }).waitFor();
  await drop(page, [data('shop/shop.prof')]);
  await opened(page);
  await show(page, view);
  if (view === 'Flame graph') await waitUntilDrawn(page, graph(page));
}

/** The box of `orders`, in the whole profile. */
const ORDERS = { x: 300, y: 7.5 * ROW };

pageTest('the menu of a box narrows all views, and the trail goes back', async ({ page, screenshot }) => {
  await openShop(page);
  await graph(page).click({ position: ORDERS, button: 'right' });
  await menu(page).getByRole('menuitem', { name: 'Focus on the function' }).waitFor();
  await screenshot('menu');
  await assertAccessible(page, 'the menu');
  await menu(page).getByRole('menuitem', { name: 'Focus on the function' }).click();
  await trail(page).getByRole('button', { name: 'Only orders', exact: true }).waitFor();
  assert.match(page.url(), /steps=f\d+/);
  await waitUntilDrawn(page, graph(page));
  // The root is what was focused on, also in the table of the tree.
  await show(page, 'Call tree');
  const first = page.getByRole('treegrid', { name: 'Call tree' }).getByRole('row').nth(1);
  await first.getByText('orders').waitFor();
  assert.match(await first.innerText(), /100\.0/);
  await show(page, 'Functions');
  const left = await rows(page, 'Functions');
  assert.ok(left.every((cells) => !cells.join(' ').includes('wsgi.py')), 'what called it is gone');
  await screenshot('steps');
  // The address brings it back.
  await page.reload();
  await trail(page).getByRole('button', { name: 'Only orders', exact: true }).waitFor();
  await trail(page).getByRole('button', { name: 'Whole profile', exact: true }).click();
  await trail(page).waitFor({ state: 'detached' });
  assert.doesNotMatch(page.url(), /steps=/);
  // Back is a step as well.
  await page.goBack();
  await trail(page).getByRole('button', { name: 'Only orders', exact: true }).waitFor();
});

pageTest('letters, Shift+F10 and undoing, without a mouse', async ({ page }) => {
  await openShop(page);
  // Nothing was clicked in the picture: it has the keys all the same.
  for (let step = 0; step < 8; step += 1) await page.keyboard.press('ArrowDown');
  await spoken(page, /^orders, .*Level 8\.$/);
  await page.keyboard.press('Shift+F10');
  await menu(page).waitFor();
  await page.keyboard.press('Escape');
  await menu(page).waitFor({ state: 'detached' });
  await page.keyboard.press('F');
  await trail(page).getByRole('button', { name: 'Only this orders' }).waitFor();
  // The keyboard is still the picture's, the box still selected.
  await spoken(page, /^orders, .*100 %.*Level 1\.$/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('m');
  await trail(page).getByRole('button', { name: /^Without / }).waitFor();
  await page.keyboard.press('l');
  await trail(page).getByRole('button', { name: 'Only my code', exact: true }).waitFor();
  assert.equal(await trail(page).getByRole('button').count(), 4);
  for (const left of [3, 2]) {
    await page.keyboard.press('u');
    await page.waitForFunction((count) => document.querySelectorAll('nav[aria-label=Steps] button').length === count, left);
  }
  await page.keyboard.press('u');
  await trail(page).waitFor({ state: 'detached' });
});

pageTest('what a step took away is not focused on', async ({ page }) => {
  await openShop(page);
  const totals = page.getByRole('list', { name: 'Totals' });
  await totals.getByText('984 functions', { exact: true }).waitFor();
  await graph(page).click({ position: ORDERS });
  await panel(page).getByText('orders').first().waitFor();
  await page.keyboard.press('m');
  await trail(page).getByRole('button', { name: 'Without orders', exact: true }).waitFor();
  // Only what is left is counted.
  await totals.getByText('983 functions left', { exact: true }).waitFor();
  // It is selected no more: no letter is about it.
  await panel(page).waitFor({ state: 'detached' });
  await page.keyboard.press('f');
  assert.equal(await trail(page).getByRole('button').count(), 2);
  // An address that says so is told, and shows what it showed before.
  const merged = new URL(page.url()).hash.match(/steps=m(\d+)/)[1];
  await page.evaluate((id) => (location.hash = location.hash.replace(`steps=m${id}`, `steps=m${id},f${id}`)), merged);
  await page.getByText(/^Nothing is left of orders to focus on/).first().waitFor();
  assert.equal(await trail(page).getByRole('button').count(), 2);
});

pageTest('only my code, and what counts as that', async ({ page, screenshot }) => {
  await openShop(page);
  await page.getByRole('button', { name: 'Only my code', exact: true }).click();
  await trail(page).getByRole('button', { name: 'Only my code', exact: true }).waitFor();
  await waitUntilDrawn(page, graph(page));
  await screenshot('only-my-code');
  await show(page, 'Functions');
  const names = (await rows(page, 'Functions')).map((cells) => cells.at(-1));
  assert.ok(names.some((name) => /^django\b/.test(name)), names.join('\n'));
  assert.ok(!names.some((name) => name.includes('django/db/models/query.py')), 'its functions are one box');
  await page.getByText('…', { exact: true }).first().click();
  await page.getByLabel(/that are mine as well/).fill('django.db.models.query');
  await page.getByRole('button', { name: 'Apply' }).click();
  await trail(page).getByRole('button', { name: 'Only my code: django.db.models.query' }).waitFor();
  await page.waitForFunction(() => document.querySelector('[role=treegrid]')?.innerText.includes('query.py'));
  await page.getByLabel('Hide below').selectOption('5');
  await trail(page).getByRole('button', { name: 'From 5 %' }).waitFor();
});

pageTest('a tree that is turned over is seen whole, whatever was zoomed to before', async ({ page, screenshot }) => {
  await openShop(page);
  const inverted = async () => {
    await page.getByRole('button', { name: 'Invert', exact: true }).click();
    await page.getByRole('application', { name: /^Inverted call tree/ }).waitFor();
    await waitUntilDrawn(page, graph(page));
    await page.waitForTimeout(500);
    return graph(page).evaluate((canvas) => canvas.toDataURL());
  };
  await graph(page).click({ position: ORDERS });
  const whole = await inverted();
  await page.getByRole('button', { name: 'Invert', exact: true }).click();
  await page.getByRole('application', { name: /^Call tree/ }).waitFor();
  await waitUntilDrawn(page, graph(page));
  await graph(page).click({ position: ORDERS });
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('zoom='));
  const again = await inverted();
  await screenshot('inverted-from-zoomed');
  assert.ok(again === whole, 'the same picture');
});

for (const colorScheme of ['light', 'dark']) {
  pageTest(`inverted, and the sandwich, ${colorScheme}`, { colorScheme }, async ({ page, screenshot }) => {
    await openShop(page);
    await page.getByRole('button', { name: 'Invert', exact: true }).click();
    await page.getByRole('application', { name: /^Inverted call tree/ }).waitFor();
    await waitUntilDrawn(page, graph(page));
    await screenshot('inverted');
    await show(page, 'Call tree');
    // The first root has most self time of all functions.
    const root = await page.getByRole('treegrid').getByRole('row').nth(1).locator('.name').innerText();
    await show(page, 'Functions');
    assert.equal(root, await page.getByRole('treegrid').getByRole('row').nth(1).locator('.name').innerText());
    await show(page, 'Sandwich');
    const callers = page.getByRole('application', { name: /^Callers: / });
    const callees = page.getByRole('application', { name: /^Callees: / });
    await page.getByRole('searchbox').fill('orders');
    await page.getByRole('grid').getByText('orders', { exact: true }).first().click();
    await page.locator('.sandwich .summary').getByRole('heading', { name: 'orders' }).waitFor();
    await waitUntilDrawn(page, callers);
    await waitUntilDrawn(page, callees);
    await page.getByRole('searchbox').fill('');
    await screenshot('sandwich');
    await assertAccessible(page, 'the sandwich');
    // A box leads to its function.
    await callees.press('ArrowDown');
    await callees.press('ArrowDown');
    await callees.press('Enter');
    await page.waitForFunction(() => document.querySelector('.sandwich .summary h2')?.innerText !== 'orders');
  });
}

pageTest('a search is counted, marked and walked', async ({ page, screenshot }) => {
  await openShop(page, 'Call tree');
  const box = page.getByRole('searchbox', { name: 'Search' });
  const found = page.locator('.search .found');
  await box.fill('template/base.py');
  await found.getByText(/^\d+ match(es)?, [\d.<]+ .*% self, [\d.]+ % total$/).waitFor();
  await box.press('Enter');
  // Its stack is open, and the row marked.
  const selected = page.getByRole('treegrid').locator('[role=row][aria-selected=true]');
  await selected.locator('.found-name').waitFor();
  await found.getByText(/^1 of \d+/).waitFor();
  const first = await selected.innerText();
  await box.press('Enter');
  await found.getByText(/^2 of \d+/).waitFor();
  assert.notEqual(await selected.innerText(), first);
  await box.press('Shift+Enter');
  await found.getByText(/^1 of \d+/).waitFor();
  assert.equal(await selected.innerText(), first);
  await screenshot('search-call-tree');
  await page.getByRole('button', { name: 'Regular expression' }).click();
  await box.fill('^(orders|get)$');
  await found.getByText(/^\d+ matches/).waitFor();
  await box.fill('(');
  await found.getByText('invalid regular expression').waitFor();
  await page.getByRole('button', { name: 'Regular expression' }).click();
  await box.fill('module:django.template');
  await found.getByText(/^\d+ matches/).waitFor();
  await show(page, 'Functions');
  assert.ok((await rows(page, 'Functions')).every((cells) => cells.at(-1).includes('django/template')));
  await box.press('Enter');
  await panel(page).waitFor();
  await box.fill('nothing is called so');
  await found.getByText('0 matches', { exact: true }).waitFor();
});

pageTest('a click selects, two zoom, and nothing moves in between', async ({ page }) => {
  await openShop(page);
  const crumbs = page.getByRole('navigation', { name: 'Stack' });
  await graph(page).click({ position: ORDERS });
  await panel(page).getByText('orders').first().waitFor();
  assert.equal(await crumbs.getByRole('button', { name: 'orders', exact: true }).count(), 0, 'not zoomed');
  await page.waitForTimeout(600);
  await graph(page).dblclick({ position: { x: 200, y: 7.5 * ROW } });
  await crumbs.getByRole('button', { name: 'orders', exact: true }).waitFor();
});

pageTest('keys act as soon as a file is open', async ({ page }) => {
  await page.getByRole('button', { name: 'Keys' }).waitFor();
  await drop(page, [data('shop/shop.prof')]);
  await opened(page);
  await page.keyboard.press('2');
  await page.getByRole('tab', { name: 'Flame graph', selected: true }).waitFor();
  await waitUntilDrawn(page, graph(page));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await panel(page).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.includes('zoom='));
  await page.keyboard.press('4');
  await page.getByRole('tab', { name: 'Functions', selected: true }).waitFor();
  await page.getByRole('treegrid', { name: 'Functions' }).getByText('.py').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Callers and callees', selected: true }).waitFor();
  // The first stop after the tab is the view.
  await page.getByRole('tab', { name: 'Callers and callees' }).click();
  await page.getByRole('tab', { name: 'Callers and callees' }).focus();
  await page.keyboard.press('Tab');
  await page.waitForFunction(() => document.activeElement.matches('#view .table'));
});

pageTest('a finger narrows a profile', { viewport: 'phone', touch: true }, async ({ page, context, screenshot }) => {
  await openShop(page);
  const place = await graph(page).boundingBox();
  const client = await context.newCDPSession(page);
  const touchPoints = [{ x: place.x + 100, y: place.y + ORDERS.y }];
  await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await menu(page).waitFor();
  await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await screenshot('menu-phone');
  await menu(page).getByRole('menuitem', { name: 'Focus on the function' }).tap();
  await trail(page).getByRole('button', { name: /^Only / }).waitFor();
  await screenshot('steps-phone');
  await assertAccessible(page, 'steps on a phone');
  await page.getByRole('button', { name: 'Undo', exact: true }).tap();
  await trail(page).waitFor({ state: 'detached' });
  await show(page, 'Sandwich');
  await screenshot('sandwich-phone');
});
