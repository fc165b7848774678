// What `flamedrop export` writes, in the tools it is written for: speedscope's schema, and speedscope's
// own page.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';

import Ajv from 'ajv';

import { flamedrop } from './support/command_line.js';
import { data } from './support/files.js';
import { launch } from './support/page.js';
import { serve } from './support/site.js';

const TIMEOUT = 300_000;

const require = createRequire(import.meta.url);
const schema = require.resolve('speedscope/dist/release/file-format-schema.json');

/** Self times as Python's own pstats adds them up, in nanoseconds. */
async function totalOf(version) {
  const oracle = JSON.parse(await readFile(data(`pstats/${version}.json`), 'utf8'));
  return Math.round(oracle.functions.reduce((sum, [, , , , , own]) => sum + Number(own), 0) * 1e9);
}

let started;

/** speedscope's own page, served from npm's package, and a browser. */
function running() {
  // Without a GPU speedscope needs a WebGL made in software.
  started ??= Promise.all([serve(dirname(schema)), launch('--enable-unsafe-swiftshader', '--use-angle=swiftshader')]);
  return started;
}

after(async () => {
  if (!started) return;
  const [site, browser] = await started;
  await browser.close();
  await site.close();
});

/** Opens `file` (`{name, text}`) in speedscope and gives the page. */
async function speedscope(file) {
  const [site, browser] = await running();
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, acceptDownloads: true });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('dialog', (dialog) => {
    errors.push(dialog.message());
    dialog.dismiss();
  });
  await page.goto(site.url);
  await page.locator('input[type=file]').setInputFiles({
    name: file.name,
    mimeType: 'application/json',
    buffer: Buffer.from(file.text),
  });
  await page.getByText('Sandwich', { exact: false }).first().waitFor();
  return { page, context, errors };
}

/** What speedscope itself exports: how it understood the file. */
async function reexported(page) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByText('Export', { exact: false }).first().click(),
  ]);
  return JSON.parse(await readFile(await download.path(), 'utf8'));
}

/** Nanoseconds by the name of the frame they were spent in, out of events that open and close frames. */
function selfTimes({ shared, profiles }) {
  const times = new Map();
  const stack = [];
  let last = 0;
  for (const { type, frame, at } of profiles[0].events) {
    if (stack.length > 0) {
      const { name } = shared.frames[stack.at(-1)];
      times.set(name, (times.get(name) ?? 0) + at - last);
    }
    last = at;
    if (type === 'O') stack.push(frame);
    else assert.equal(stack.pop(), frame);
  }
  return times;
}

test('deep stacks are events, which fit the schema', { timeout: TIMEOUT }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'flamedrop-'));
  try {
    const deepest = 1600;
    const frames = Array.from({ length: deepest }, (_, at) => `f${at % 5} (a.py:1)`);
    const lines = frames.map((_, at) => `${frames.slice(0, at + 1).join(';')} 2\n`);
    const file = join(folder, 'deep.collapsed');
    await writeFile(file, lines.join(''));
    const exported = JSON.parse(await flamedrop('export', '--as', 'speedscope', file));
    const validate = new Ajv({ strict: false }).compile(JSON.parse(await readFile(schema, 'utf8')));
    assert.ok(validate(exported), JSON.stringify(validate.errors));
    const [profile] = exported.profiles;
    assert.equal(profile.type, 'evented');
    assert.equal(profile.events.length, 2 * deepest);
    assert.equal(profile.endValue, 2 * deepest);
  } finally {
    await rm(folder, { recursive: true });
  }
});

for (const version of ['2.7', '3.8', '3.13']) {
  test(`speedscope takes the profile of Python ${version}, with its total`, { timeout: TIMEOUT }, async () => {
    const total = await totalOf(version);
    const text = await flamedrop('export', '--as', 'speedscope', data(`pstats/${version}.prof`));
    const validate = new Ajv({ strict: false }).compile(JSON.parse(await readFile(schema, 'utf8')));
    const exported = JSON.parse(text);
    assert.ok(validate(exported), JSON.stringify(validate.errors));
    assert.equal(exported.profiles[0].endValue, total);

    const { page, context, errors } = await speedscope({ name: 'export.speedscope.json', text });
    try {
      const understood = await reexported(page);
      assert.equal(understood.profiles[0].unit, 'nanoseconds');
      assert.equal(understood.profiles[0].endValue - understood.profiles[0].startValue, total);
      const times = selfTimes(understood);
      assert.equal([...times.values()].reduce((sum, time) => sum + time, 0), total);
      const own = new Map();
      const { samples, weights } = exported.profiles[0];
      samples.forEach((stack, at) => {
        const { name } = exported.shared.frames[stack.at(-1)];
        own.set(name, (own.get(name) ?? 0) + weights[at]);
      });
      assert.deepEqual(new Map([...times].filter(([, time]) => time > 0).sort()), new Map([...own].sort()));
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}

test('speedscope reads the callgrind export', { timeout: TIMEOUT }, async () => {
  const text = await flamedrop('export', '--as', 'callgrind', data('pstats/3.13.prof'));
  const { page, context, errors } = await speedscope({ name: 'callgrind.out.1', text });
  try {
    const understood = await reexported(page);
    assert.ok(understood.shared.frames.some(({ name }) => name === 'fibonacci'));
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
});

test('the interactive flame graph tells a box when it is pointed at, and zooms', { timeout: TIMEOUT }, async () => {
  const total = await totalOf('3.13');
  const picture = await flamedrop('export', '--as', 'flamegraph', data('pstats/3.13.prof'));
  const [site, browser] = await running();
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  try {
    const page = await context.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    const url = new URL('flame.svg', site.url).href;
    await context.route(url, (route) => route.fulfill({ contentType: 'image/svg+xml', body: picture }));
    await page.goto(url);
    const box = (name) => page.locator('#frames > g', { has: page.locator('title', { hasText: name }) }).first();
    assert.equal(Number(await page.locator('#frames').getAttribute('total_samples')), total);
    const microseconds = Math.round(total / 1000).toLocaleString('en');
    assert.equal(await box('all (').locator('title').textContent(), `all (${microseconds} µs, 100%)`);
    await box('shared_helper').hover();
    assert.match(await page.locator('#details').textContent(), /shared_helper \(.*pricing\.py:\d+\) \(.* µs, .*%\)/);
    const width = async () => (await box('shared_helper').locator('rect').boundingBox()).width;
    const before = await width();
    await box('shared_helper').click();
    assert.ok((await width()) > 1.2 * before, 'it did not zoom');
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
});
