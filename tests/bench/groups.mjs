#!/usr/bin/env node
// Many recordings at once: the time from their choice until the first and until all are in the group's table with what they
// took, and until all are judged, and the memory of the page's process. Each is a profile of 1 MB, as cProfile writes it.
// Needs a built page: ./dev build
//
// usage: ./dev bench groups [FILES …]      (30 and 500, if none is given)

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { DIST, VIEWPORTS, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';
import { ready } from '../e2e/support/views.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = here('../../target/bench/group');
/** So many differ; more are the same again under another name. */
const DIFFERENT = 30;
/** Functions of a profile of 1 MB. */
const FUNCTIONS = 4_600;
const TIMES = 5;

/** Makes the profiles once; gives their paths. */
function profiles(count) {
  mkdirSync(folder, { recursive: true });
  const script = `
import marshal, sys
sys.path.insert(0, sys.argv[1])
from make_profile import make
for number in range(int(sys.argv[3])):
    with open(f"{sys.argv[2]}/GET.orders.{number:03d}.prof", "wb") as file:
        marshal.dump(make(int(sys.argv[4]), seed=number + 1), file)
for number in range(int(sys.argv[3]), 500):
    with open(f"{sys.argv[2]}/GET.orders.{number % int(sys.argv[3]):03d}.prof", "rb") as one:
        with open(f"{sys.argv[2]}/GET.orders.{number:03d}.prof", "wb") as file:
            file.write(one.read())
`;
  if (!existsSync(join(folder, 'GET.orders.499.prof'))) {
    console.log('Making the profiles …');
    execFileSync('python3', ['-c', script, here('.'), folder, String(DIFFERENT), String(FUNCTIONS)]);
  }
  const all = readdirSync(folder).sort();
  assert.ok(count <= all.length, `${all.length} files at most`);
  return all.slice(0, count).map((name) => join(folder, name));
}

/** What the page's process has resident now and had at most, MB. */
async function memory(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  const each = await Promise.all(
    renderers.map(async ({ id }) => {
      const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
      const size = (name) => Number(new RegExp(`${name}:\\s*(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
      return [size('VmRSS'), size('VmHWM')];
    }),
  );
  return each.reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0]);
}

async function run(site, files) {
  const browser = await launch();
  try {
    const page = await (await browser.newContext({ viewport: VIEWPORTS.desktop })).newPage();
    page.setDefaultTimeout(300_000);
    await page.goto(site.url);
    await ready(page);
    await page.waitForTimeout(1500);
    const before = await memory(browser);
    const rows = (count) =>
      page.waitForFunction(
        (count) => document.querySelectorAll('[role=grid] [role=rowgroup] [role=row]').length >= count,
        count,
      );
    const started = performance.now();
    await page.locator('input[type=file]').first().setInputFiles(files);
    const given = performance.now();
    await rows(1);
    const first = performance.now();
    await page.getByRole('status').filter({ hasText: `${files.length} recordings, total` }).waitFor();
    const all = performance.now();
    await page.getByRole('status').filter({ hasText: 'total' }).filter({ hasNotText: 'looked through' }).waitFor();
    const judged = performance.now();
    // What was let go is gone once rubbish is collected.
    const [now, most] = await memory(browser);
    return { first: (first - started) / 1e3, all: (all - started) / 1e3, judged: (judged - started) / 1e3, given: (given - started) / 1e3, now, most, before: before[0] };
  } finally {
    await browser.close();
  }
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const counts = process.argv.slice(2).map(Number);
const site = await serve(DIST);
try {
  for (const count of counts.length > 0 ? counts : [30, 500]) {
    const files = profiles(count);
    const runs = [];
    for (let time = 0; time < (count > 100 ? 1 : TIMES); time += 1) runs.push(await run(site, files));
    const of = (key) => median(runs.map((one) => one[key]));
    console.log(
      `${count} files: first row ${of('first').toFixed(2)} s, all totals ${of('all').toFixed(2)} s, all findings ${of('judged').toFixed(2)} s ` +
        `(${of('given').toFixed(2)} s of it the test's own, until the browser has them); ` +
        `memory ${of('before').toFixed(0)} MB before, ${of('most').toFixed(0)} MB at most, ${of('now').toFixed(0)} MB then`,
    );
  }
} finally {
  await site.close();
}
