#!/usr/bin/env node
// A large profile in the page: the median time from a key or click to the last change on screen, for each step, the
// inverted tree, the sandwich and the search, in Chromium. Needs a built page: ./dev build
//
// usage: ./dev bench profile_views [FUNCTIONS [ROUNDS]]      (100,000 and 7 if none are given: a call graph, and as many in
// stacks)

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { choose } from '../e2e/support/files.js';
import { DIST, VIEWPORTS, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';
import { opened, ready } from '../e2e/support/views.js';

const ROUNDS = Number(process.argv[3] ?? 7);
const functions = Number(process.argv[2] ?? 100_000);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = here('../../target/bench');
mkdirSync(folder, { recursive: true });
const graph = `${folder}/views-${functions}.prof`;
const stacks = `${folder}/views-${functions}.folded`;

/** Stacks over that many functions, each on one at least: `a;b;c 3` a line. */
const MAKE = `
import random, sys
count, path = int(sys.argv[1]), sys.argv[2]
draw = random.Random(5)
places = [("/srv/venv/lib/python3.12/site-packages/pkg%d/m%d.py" if n % 3 else "/srv/app/shop%d/m%d.py") % (n % 97, n % 997) for n in range(count)]
names = ["%s:f%d:%d" % (places[n], n, 1 + n % 900) for n in range(count)]
with open(path, "w") as file:
    for n in range(count):
        stack, at = [names[n]], n
        while at > 0 and len(stack) < 40:
            at = at // 3 if draw.random() < 0.9 else draw.randrange(at)
            stack.append(names[at])
        file.write(";".join(reversed(stack)) + " %d\\n" % (1 + int(draw.expovariate(0.05))))
`;
if (!existsSync(graph)) execFileSync('python3', [here('make_profile.py'), String(functions), graph], { stdio: 'inherit' });
if (!existsSync(stacks)) execFileSync('python3', ['-c', MAKE, String(functions), stacks], { stdio: 'inherit' });

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

/**
 * Presses a key, or does `act`, and waits until nothing changes any more, and the trail has as many buttons as it should
 * (if that is said): ms until the last change.
 */
const settle = (page, act, trail) =>
  page.evaluate(
    ([[kind, what], trail]) =>
      new Promise((resolve) => {
        const start = performance.now();
        let last = start;
        const observer = new MutationObserver(() => (last = performance.now()));
        observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
        // Canvases change without a mutation.
        const plays = ['fillRect', 'fillText', 'stroke'];
        const kept = plays.map((play) => CanvasRenderingContext2D.prototype[play]);
        plays.forEach((play, at) => {
          CanvasRenderingContext2D.prototype[play] = function (...values) {
            last = performance.now();
            return kept[at].apply(this, values);
          };
        });
        if (kind === 'key') {
          const target = document.activeElement ?? document.body;
          target.dispatchEvent(new KeyboardEvent('keydown', { key: what, bubbles: true, cancelable: true }));
        } else if (kind === 'tab') {
          [...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent.trim() === what).click();
        } else if (kind === 'search') {
          const box = document.querySelector('#search');
          box.value = what;
          box.dispatchEvent(new InputEvent('input', { bubbles: true }));
        }
        const wait = () => {
          const buttons = document.querySelectorAll('nav[aria-label=Steps] button').length;
          const waits = trail !== undefined && buttons !== trail && performance.now() - start < 20_000;
          if (waits || performance.now() - last < 500) return setTimeout(wait, 20);
          observer.disconnect();
          plays.forEach((play, at) => (CanvasRenderingContext2D.prototype[play] = kept[at]));
          resolve(last - start);
        };
        wait();
      }),
    [act, trail],
  );

const memory = (page) => page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0);

const [site, browser] = await Promise.all([serve(DIST), launch()]);
for (const [what, file] of [['call graph (pstats)', graph], ['stacks', stacks]]) {
  const page = await browser.newPage({ viewport: VIEWPORTS.desktop });
  await page.goto(site.url);
  await ready(page);
  await choose(page, [file]);
  await opened(page);
  console.log(`\n${functions.toLocaleString('en')} functions, ${what}`);
  const steps = () => page.locator('nav[aria-label=Steps] button').count();
  const lines = [];
  const row = (name, times) => lines.push([name, median(times), Math.max(...times)]);
  for (const view of ['Flame graph', 'Call tree', 'Functions', 'Sandwich']) {
    await settle(page, ['tab', 'Findings']);
    const first = await settle(page, ['tab', view]);
    console.log(`${`${view}, for the first time`.padEnd(34)} ${first.toFixed(0).padStart(6)} ms`);
  }
  await settle(page, ['tab', 'Flame graph']);
  await page.getByRole('application', { name: /^Call tree of .* boxes/ }).waitFor();
  // A box in the middle: some steps down the heaviest path.
  const select = async () => {
    for (let step = 0; step < 3; step += 1) await settle(page, ['key', 'ArrowDown']);
  };
  await select();
  for (const [key, name] of [
    ['f', 'focus on a function'], ['F', 'focus on a box'], ['M', 'merge a box'], ['m', 'merge a function'],
    ['d', 'drop'], ['x', 'collapse callees'], ['C', 'collapse a package'], ['r', 'collapse recursion'],
    ['l', 'only my code'],
  ]) {
    const [there, back] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      there.push(await settle(page, ['key', key], 2));
      // The answer is checked before it is timed.
      assert.equal(await steps(), 2, `${name}: one step`);
      back.push(await settle(page, ['key', 'u'], 0));
      assert.equal(await steps(), 0, `${name}: undone`);
      // What a step took away may no longer be selected.
      if (!/[#&]box=/.test(page.url())) await select();
    }
    row(name, there);
    row(`${name}, undone`, back);
  }
  for (const [key, name] of [['i', 'invert, or back']]) {
    const times = [];
    for (let round = 0; round < 2 * ROUNDS; round += 1) times.push(await settle(page, ['key', key]));
    row(name, times);
  }
  const times = { search: [], sandwich: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    times.search.push(await settle(page, ['search', round % 2 ? 'resolve' : 'm42']));
  }
  await settle(page, ['search', '']);
  for (let round = 0; round < ROUNDS; round += 1) {
    await settle(page, ['tab', 'Flame graph']);
    times.sandwich.push(await settle(page, ['tab', 'Sandwich']));
  }
  row('search', times.search);
  row('sandwich', times.sandwich);
  for (const [name, time, most] of lines) {
    console.log(`${name.padEnd(34)} ${time.toFixed(0).padStart(6)} ms, at most ${most.toFixed(0)}`);
  }
  console.log(`median of all ${median(lines.map(([, time]) => time)).toFixed(0)} ms (target: 100); page's heap ${(await memory(page) / 1e6).toFixed(0)} MB`);
  await page.close();
}
await browser.close();
await site.close();
