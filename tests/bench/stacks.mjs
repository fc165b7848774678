// Opens a file of collapsed stacks in Flamedrop's page or in speedscope's, in Chromium, and prints the best of so many
// runs as JSON: seconds from the choice of the file until its numbers are on screen, seconds more until its picture of
// merged stacks is, and the most memory (resident, MB) of any renderer.
//
// usage: stacks.mjs flamedrop|speedscope FILE [TIMES]

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

import { DIST, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';

const [which, file, times = '1'] = process.argv.slice(2);
const LIMIT = 600_000;

/** Flamedrop: numbers in the status line, then the flame graph. */
async function openFlamedrop(page) {
  await page.waitForFunction(() => document.querySelector('input[type=file]') && self.wasmBindings !== null);
  await page.waitForTimeout(1500);
  const started = performance.now();
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.locator('.status .totals li').first().waitFor({ timeout: LIMIT });
  const opened = performance.now();
  const totals = await page.locator('.status .totals li').allInnerTexts();
  await page.getByRole('tab', { name: 'Flame graph', exact: true }).click();
  await page.getByLabel(/^Call tree of .* box/).waitFor({ timeout: LIMIT });
  return { seconds: (opened - started) / 1000, picture: (performance.now() - opened) / 1000, totals };
}

/** speedscope: its toolbar has the profile's name, then left heavy is drawn. */
async function openSpeedscope(page) {
  await page.waitForTimeout(1500);
  const started = performance.now();
  await page.locator('input[type=file]').first().setInputFiles(file);
  const tab = page.getByText('Left Heavy');
  await tab.waitFor({ timeout: LIMIT });
  const opened = performance.now();
  await tab.click();
  // The next frame that is drawn after the click is its own: all is done on the main thread.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return { seconds: (opened - started) / 1000, picture: (performance.now() - opened) / 1000, totals: [] };
}

/** The most that any renderer of the browser had resident, MB. */
async function peak(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const sizes = await Promise.all(
    processInfo
      .filter(({ type }) => type === 'renderer')
      .map(async ({ id }) => {
        const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
        return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0) / 1024;
      }),
  );
  return Math.max(0, ...sizes);
}

const require = createRequire(new URL('../e2e/package.json', import.meta.url));
const root = which === 'speedscope' ? dirname(require.resolve('speedscope/dist/release/file-format-schema.json')) : DIST;
const site = await serve(root);
try {
  let best;
  for (let run = 0; run < Number(times); run++) {
    const browser = await launch('--enable-unsafe-swiftshader', '--use-angle=swiftshader');
    try {
      const page = await (await browser.newContext()).newPage();
      page.setDefaultTimeout(LIMIT);
      await page.goto(site.url);
      const one = await (which === 'speedscope' ? openSpeedscope(page) : openFlamedrop(page));
      one.megabytes = await peak(browser);
      if (!best || one.seconds + one.picture < best.seconds + best.picture) best = one;
    } finally {
      await browser.close();
    }
  }
  console.log(JSON.stringify(best));
} finally {
  await site.close();
}
