#!/usr/bin/env node
// The README's pictures (docs/*.png) of the page in dist/: one request to the shop with its SQL log. Needs a built page
// and Chromium: ./dev build

import { fileURLToPath } from 'node:url';

import { choose, data } from '../e2e/support/files.js';
import { DIST, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';
import { documentButton, opened, ready, show } from '../e2e/support/views.js';

const docs = (name) => fileURLToPath(new URL(`../../docs/${name}.png`, import.meta.url));
const [site, browser] = await Promise.all([serve(DIST), launch()]);
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', locale: 'en-GB' });
await page.goto(site.url);
await ready(page);
await choose(page, [data('shop/shop.prof'), data('shop/shop.sql.jsonl')]);
await opened(page);

/** Once nothing is still being drawn or fetched. */
async function take(name) {
  await page.mouse.move(0, 0);
  await page.waitForTimeout(1000);
  await page.screenshot({ path: docs(name) });
}

await page.locator('.findings .finding, .finding').first().waitFor();
await take('findings');

// A function that takes much, somewhere in the middle: the relation that is followed row by row.
await show(page, 'Functions');
await page.getByRole('searchbox', { name: 'Search' }).fill('__get__');
await page.getByRole('row', { name: /__get__.*related_descriptors/ }).first().click();
await page.getByRole('searchbox', { name: 'Search' }).fill('');
await show(page, 'Flame graph');
await take('screenshot');

await documentButton(page, 'shop.sql.jsonl').click();
await show(page, 'Queries');
await page.getByRole('row').nth(1).click();
await take('queries');

await browser.close();
await site.close();
