// Flame graph, sunburst and timeline: what they show, with mouse and keyboard, and to those who do not
// see them.

import assert from 'node:assert/strict';

import { assertAccessible } from './support/axe.js';
import { data, drop } from './support/files.js';
import { pageTest } from './support/page.js';
import { opened, show, waitUntilDrawn } from './support/views.js';

const ROW = 20;

const tree = (page) => page.getByRole('application', { name: /^Call tree of shop\.prof: [\d,]+ boxes/ });
const lanes = (page) => page.getByRole('application', { name: /^Timeline of .*: 335 statements on 4 lanes/ });
const crumbs = (page) => page.getByRole('navigation', { name: 'Stack' });
const spoken = (page, text) => page.locator('[aria-live=polite]').getByText(text).waitFor({ state: 'attached' });

/** Drops a file once the page listens. */
async function open(page, file) {
  await page.getByRole('button', { name: 'Keys' }).waitFor();
  await drop(page, [data(file)]);
}

async function openProfile(page) {
  await open(page, 'shop/shop.prof');
  await opened(page);
  await show(page, 'Flame graph');
  await waitUntilDrawn(page, tree(page));
}

async function openLog(page) {
  await open(page, 'postgres/client.log');
  await opened(page);
  await show(page, 'Timeline');
  await waitUntilDrawn(page, lanes(page));
}

for (const colorScheme of ['light', 'dark']) {
  pageTest(`the call tree as a picture is accessible, ${colorScheme}`, { colorScheme }, async ({ page, screenshot }) => {
    await openProfile(page);
    await assertAccessible(page, 'icicle');
    for (const drawing of ['Icicle', 'Flame', 'Sunburst']) {
      await page.getByRole('button', { name: drawing, exact: true }).click();
      await page.waitForTimeout(100);
      await waitUntilDrawn(page, tree(page));
      await screenshot(`tree-${drawing.toLowerCase()}`);
    }
    await tree(page).press('ArrowDown');
    await assertAccessible(page, 'sunburst with a selection');
  });

  pageTest(`the timeline is accessible, ${colorScheme}`, { colorScheme }, async ({ page, screenshot }) => {
    await openLog(page);
    await screenshot('timeline');
    await lanes(page).press('ArrowRight');
    await page.getByRole('complementary', { name: 'Selected statement' }).waitFor();
    await assertAccessible(page, 'a statement selected');
    await screenshot('timeline-statement');
  });
}

pageTest('hover, click and Escape in the flame graph', async ({ page }) => {
  await openProfile(page);
  const orders = { x: 300, y: 7.5 * ROW };
  await tree(page).hover({ position: orders });
  const card = page.locator('.hover-card');
  await card.getByText('orders', { exact: true }).waitFor();
  assert.match(await card.innerText(), /ordering\.py:\d+[\s\S]*Total\s+[\d.]+ ms[\s\S]*Self[\s\S]*Calls\s+1\b/);
  await tree(page).dblclick({ position: orders });
  await crumbs(page).getByRole('button', { name: 'orders', exact: true }).waitFor();
  await page.getByRole('complementary', { name: 'Selected function' }).getByText('orders').first().waitFor();
  await crumbs(page).getByRole('button', { name: 'all', exact: true }).click();
  await crumbs(page).getByRole('button', { name: 'orders', exact: true }).waitFor({ state: 'detached' });
});

pageTest('the flame graph with the keyboard', async ({ page }) => {
  await openProfile(page);
  await tree(page).focus();
  for (let step = 0; step < 8; step += 1) await page.keyboard.press('ArrowDown');
  await spoken(page, /^orders, .*ordering\.py:\d+\. Total [\d.]+ ms, \d+ %\. Self .*\. Level 8\.$/);
  await page.keyboard.press('Enter');
  await crumbs(page).getByRole('button', { name: 'orders', exact: true }).waitFor();
  assert.match(page.url(), /zoom=\d+/);
  // The address brings it back.
  await page.reload();
  await crumbs(page).getByRole('button', { name: 'orders', exact: true }).waitFor();
  await tree(page).press('ArrowUp');
  await spoken(page, /^_view_wrapper, .*Level 7\.$/);
  await page.keyboard.press('Escape');
  await crumbs(page).getByRole('button', { name: 'orders', exact: true }).waitFor({ state: 'detached' });
});

pageTest('wheel and drag move the flame graph, nothing to do leaves it alone', async ({ page }) => {
  await openProfile(page);
  const picture = () => tree(page).evaluate((canvas) => canvas.toDataURL());
  await tree(page).hover({ position: { x: 600, y: 560 } });
  await page.waitForTimeout(100);
  const whole = await picture();
  await page.mouse.wheel(0, -400);
  await page.waitForTimeout(200);
  const near = await picture();
  assert.notEqual(near, whole);
  await page.mouse.down();
  await page.mouse.move(500, 600, { steps: 5 });
  await page.mouse.up();
  await page.waitForTimeout(200);
  assert.notEqual(await picture(), near);
  await tree(page).press('0');
  await page.mouse.move(5, 5);
  await page.waitForTimeout(200);
  assert.equal(await crumbs(page).getByRole('button').count(), 1, 'a drag is no click');
});

pageTest('a search lights up what it finds', async ({ page }) => {
  await openProfile(page);
  const before = await tree(page).evaluate((canvas) => canvas.toDataURL());
  await page.getByRole('searchbox', { name: 'Search' }).fill('ordering.py');
  await page.getByText(/match(es)?, .* self, .* total/).waitFor();
  await page.waitForTimeout(200);
  assert.notEqual(await tree(page).evaluate((canvas) => canvas.toDataURL()), before);
});

pageTest('the sunburst goes in and out by clicks', async ({ page }) => {
  await openProfile(page);
  await page.getByRole('button', { name: 'Sunburst', exact: true }).click();
  const { width, height } = await tree(page).boundingBox();
  const middle = { x: width / 2, y: height / 2 };
  // The first ring, at 3 o'clock.
  await tree(page).dblclick({ position: { x: middle.x + 70, y: middle.y } });
  await crumbs(page).locator('[aria-current]:not(:text-is("all"))').waitFor();
  const inside = await crumbs(page).getByRole('button').count();
  assert.ok(inside >= 2, `${inside} names in the stack`);
  await page.waitForTimeout(200);
  const now = await tree(page).boundingBox();
  await tree(page).click({ position: { x: now.width / 2, y: now.height / 2 } });
  await page.waitForFunction((count) => document.querySelectorAll('.crumbs button').length < count, inside);
});

pageTest('the timeline with the keyboard', async ({ page }) => {
  await openLog(page);
  await lanes(page).press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await spoken(page, /\. Duration [\d.]+ (ms|µs), at \d\d:\d\d:\d\d\.\d{3}, on pid \d+\.$/);
  assert.match(page.url(), /statement=\d+/);
  await page.keyboard.press('+');
  await page.waitForFunction(() => location.hash.includes('range='));
  await page.keyboard.press('0');
  await page.waitForFunction(() => !location.hash.includes('range='));
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Queries', selected: true }).waitFor();
  await page.getByRole('complementary', { name: 'Selected query' }).waitFor();
});

pageTest('hover and click in the timeline, gaps too', async ({ page }) => {
  await openLog(page);
  const { width } = await lanes(page).boundingBox();
  // The log's longest statement, on the last lane.
  const longest = { x: 148 + (width - 148) * 0.735, y: 26 + 3 * 28 + 14 };
  await lanes(page).hover({ position: longest });
  const card = page.locator('.hover-card');
  await card.getByText(/^SELECT … FROM "shop_product"/).waitFor();
  assert.match(await card.innerText(), /Duration\s+[\d.]+ ms\s+Start\s+09:07:27\.\d+[\s\S]*pid 28556/);
  await lanes(page).click({ position: longest });
  const details = page.getByRole('complementary', { name: 'Selected statement' });
  await details.getByText(/pid 28556/).waitFor();
  await details.getByRole('button', { name: 'Close details' }).click();
  // Between two connections' turns nothing runs on the first.
  await lanes(page).hover({ position: { x: 148 + (width - 148) * 0.6106, y: 26 + 14 } });
  await card.getByText(/^[\d.]+ ms without a statement$/).waitFor();
});

pageTest('timeline lanes by query', async ({ page }) => {
  await openLog(page);
  await page.getByLabel('Lanes by').selectOption('query');
  await page.getByRole('application', { name: /^Timeline of .* 335 statements on 57 lanes/ }).waitFor();
  assert.match(page.url(), /lanes=query/);
  await show(page, 'Queries');
  await show(page, 'Timeline');
  assert.equal(await page.getByLabel('Lanes by').inputValue(), 'query');
});

pageTest('a finger selects', { viewport: 'phone', touch: true }, async ({ page, screenshot }) => {
  await openProfile(page);
  await tree(page).tap({ position: { x: 100, y: 7.5 * ROW } });
  await page.getByRole('complementary', { name: 'Selected function' }).waitFor();
  await screenshot('tree-phone');
});
