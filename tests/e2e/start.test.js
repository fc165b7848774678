// The welcome page is painted out of HTML and CSS, and nothing asked of it before the WebAssembly runs
// is lost.

import assert from 'node:assert/strict';

import { choose, data, drop, paste } from './support/files.js';
import { pageTest } from './support/page.js';
import { documentButton, opened, ready } from './support/views.js';

const SHOP = [data('shop/shop.prof'), data('shop/shop.sql.jsonl')];

/** Holds every .wasm back until the returned function is called. */
async function holdBack(context) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await context.route(/\.wasm$/, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

/** A test with the page painted and its WebAssembly held back. */
const painted = (name, body) =>
  pageTest(name, { before: holdBack }, ({ before: release, ...opened }) => body({ release, ...opened }));

painted('the welcome page is painted without WebAssembly', async ({ page, release, screenshot }) => {
  await page.getByRole('heading', { name: 'Drop a Python profile and an SQL log' }).waitFor();
  await page.getByText('python -m cProfile').first().waitFor();
  // Painted, not only parsed: the browser's own record of it.
  const paints = await page.evaluate(
    () =>
      new Promise((resolve) =>
        new PerformanceObserver((list) => resolve(list.getEntries().map(({ name }) => name))).observe({
          type: 'paint',
          buffered: true,
        }),
      ),
  );
  assert.ok(paints.includes('first-contentful-paint') || paints.includes('first-paint'), `${paints}`);
  const mark = await page.evaluate(() => document.documentElement.hasAttribute('data-starting'));
  assert.ok(mark, 'the WebAssembly runs already: it was not held back');
  await screenshot('first-paint');
  release();
  await ready(page);
});

painted('the painted bar is the one the page puts in its place', async ({ page, release }) => {
  const bar = () =>
    page.locator('header.bar').evaluate((bar) => {
      const copy = bar.cloneNode(true);
      const describe = (element) => {
        const attributes = [...element.attributes]
          .filter(({ name, value }) => value !== '' || name === 'disabled')
          // What tells nothing to anybody.
          .filter(({ name }) => !['id', 'autocomplete', 'spellcheck'].includes(name))
          .map(({ name, value }) => `${name}=${value}`)
          .sort();
        const children = [...element.childNodes].flatMap((node) => {
          const text = node.nodeType === Node.TEXT_NODE ? node.textContent.trim() : '';
          if (node.nodeType !== Node.ELEMENT_NODE) return text ? [text] : [];
          // A bare group draws nothing.
          const described = describe(node);
          return node.localName === 'g' && node.attributes.length === 0 ? described[2] : [described];
        });
        return [element.localName, attributes, children];
      };
      return describe(copy);
    });
  const boxes = () =>
    page
      .locator('header.bar :is(button, input, svg)')
      .evaluateAll((all) => all.map((element) => JSON.stringify(element.getBoundingClientRect())));
  const before = [await bar(), await boxes()];
  release();
  await ready(page);
  assert.deepEqual([await bar(), await boxes()], before);
});

painted('files dropped before the WebAssembly runs open when it does', async ({ page, release }) => {
  await drop(page, SHOP);
  await page.getByRole('status').getByText('still being loaded').waitFor();
  release();
  await opened(page);
  await documentButton(page, 'shop.prof').waitFor();
  await documentButton(page, 'shop.sql.jsonl').waitFor();
});

painted('so do files that were chosen', async ({ page, release }) => {
  const dialog = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose files…' }).click();
  await (await dialog).setFiles(SHOP[0]);
  release();
  await opened(page);
  await documentButton(page, 'shop.prof').waitFor();
});

painted('a file dialog that is open when the page starts still counts', async ({ page, release }) => {
  const dialog = page.waitForEvent('filechooser');
  await page.getByRole('navigation', { name: 'Open files' }).getByRole('button', { name: 'Open' }).click();
  release();
  await ready(page);
  await (await dialog).setFiles(SHOP[0]);
  await opened(page);
});

painted('so does what was pasted, and a button that was pressed', async ({ page, release }) => {
  await paste(page, '2024-01-01 00:00:00 no log of SQL');
  await page.getByRole('button', { name: 'Keys' }).click();
  release();
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('alert').getByRole('heading', { name: 'pasted 1 could not be read' }).waitFor();
});

pageTest(
  'a page whose WebAssembly cannot be had says so',
  { before: (context) => context.route(/\.wasm$/, (route) => route.abort()) },
  async ({ page, forgive }) => {
    await page.getByRole('status').getByText('Flamedrop could not start').waitFor();
    forgive(/./);
  },
);

pageTest('the welcome page comes back as it was, with its buttons', async ({ page }) => {
  await choose(page, SHOP.slice(0, 1));
  await opened(page);
  await page.getByRole('button', { name: 'Flamedrop', exact: true }).click();
  await page.getByRole('heading', { name: 'Drop a Python profile and an SQL log' }).waitFor();
  await page.getByRole('button', { name: 'Try it' }).click();
  await documentButton(page, 'orders.sql.jsonl').waitFor();
});
