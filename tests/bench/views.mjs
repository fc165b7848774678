#!/usr/bin/env node
// Views of a large log in the page: the median time from a key or click to the answer on screen, for
// switching to each view and for moving the brush, and from frame to frame while the timeline is zoomed and
// dragged, in Chromium. Needs a built page: ./dev build
//
// Beside another build of the page (dist/ of another commit, see tests/bench/page.py) each is opened so many times, in
// turns, and so is each step within them.
//
// usage: ./dev bench views [MEGABYTES] [--against DIST [--pairs N]]      (100 and 9 if none is given; 550 MB are a million
// statements)

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { DIST, VIEWPORTS, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';
import { choose } from '../e2e/support/files.js';
import { opened, ready } from '../e2e/support/views.js';

const ROUNDS = 9;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { against: { type: 'string' }, pairs: { type: 'string', default: '9' } },
});
const megabytes = Number(positionals[0] ?? 100);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const log = here(`../../target/bench/views-${megabytes}.log`);

if (!existsSync(`${log}.contents.json`)) {
  console.log('Making the log …');
  const make = [
    'import sys, json, pathlib', 'sys.path.insert(0, sys.argv[1])', 'import make_log',
    'path = pathlib.Path(sys.argv[2])', 'path.parent.mkdir(parents=True, exist_ok=True)',
    'contents = make_log.write(path, "postgres", float(sys.argv[3]))',
    'path.with_name(path.name + ".contents.json").write_text(json.dumps(contents))',
  ].join('\n');
  execFileSync('python3', ['-c', make, here('.'), log, String(megabytes)], { stdio: 'inherit' });
}
const contents = JSON.parse(readFileSync(`${log}.contents.json`, 'utf8'));

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

const browser = await launch();

/** Opens the log in a page of its own: the page, and ms until it is open. */
async function visit(root) {
  const site = await serve(root);
  const page = await browser.newPage({ viewport: VIEWPORTS.desktop });
  await page.goto(site.url);
  await ready(page);
  // What the page does after its start is not measured.
  await page.waitForTimeout(1500);
  const before = performance.now();
  await choose(page, [log]);
  await opened(page);
  const open = performance.now() - before;
  // The answers are checked before they are timed.
  await page.getByRole('tab', { name: 'Overview', exact: true }).click();
  const statements = `${contents.statements.toLocaleString('en')} statements`;
  await page.getByRole('region', { name: 'Filter' }).getByText(statements).waitFor();
  return { page, site, open, leave: async () => Promise.all([page.close(), site.close()]) };
}

/** Does something in the page and waits until nothing changes any more: ms until the last change. */
const settle = ({ page }, act) =>
  page.evaluate(
    ([kind, name]) =>
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
        if (kind === 'tab') {
          [...document.querySelectorAll('[role=tab]')].find((tab) => tab.textContent.trim() === name).click();
        } else {
          const strip = document.querySelector('.strip canvas');
          strip.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
        }
        const wait = () => {
          if (performance.now() - last < 400) return setTimeout(wait, 20);
          observer.disconnect();
          plays.forEach((play, at) => (CanvasRenderingContext2D.prototype[play] = kept[at]));
          resolve(last - start);
        };
        wait();
      }),
    act,
  );

/** The views that all have. */
async function viewsOf(visits) {
  const lists = await Promise.all(
    visits.map(({ page }) => page.getByRole('tablist', { name: 'Views' }).getByRole('tab').allInnerTexts()),
  );
  const names = lists.map((tabs) => tabs.map((tab) => tab.trim()));
  return names[0].filter((view) => view !== 'Findings' && names.every((of) => of.includes(view)));
}

/** What is measured, by name: a list of times of each build. */
async function switches(visits, rounds, times) {
  const note = (what, which, time) => ((times[what] ??= visits.map(() => []))[which].push(time));
  // Who begins changes from round to round.
  const inTurns = async (round, act) => {
    const order = [...visits.keys()];
    for (const which of round % 2 ? order.reverse() : order) await act(visits[which], which);
  };
  const views = await viewsOf(visits);
  for (const view of views) {
    for (let round = 0; round < rounds; round += 1) {
      await inTurns(round, async (visit, which) => {
        await settle(visit, ['tab', 'Findings']);
        note(`to ${view}`, which, await settle(visit, ['tab', view]));
      });
    }
  }
  for (const view of views) {
    for (const visit of visits) {
      await settle(visit, ['tab', view]);
      await settle(visit, ['key', 'Escape']);
    }
    for (let round = 0; round < rounds; round += 1) {
      await inTurns(round, async (visit, which) => {
        note(`brush moved in ${view}`, which, await settle(visit, ['key', 'ArrowRight']));
      });
    }
    for (const visit of visits) await settle(visit, ['key', 'Escape']);
  }
}

/** Turns the wheel or drags on the timeline, once a frame: the milliseconds of each frame. */
const frames = (page, kind) =>
  page.evaluate(async (kind) => {
    const canvas = document.querySelector('.picture canvas');
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const at = (share) => ({ clientX: left + width * share, clientY: top + height / 2, bubbles: true });
    const frame = () => new Promise(requestAnimationFrame);
    const times = [];
    for (let step = 0; step < 60; step += 1) {
      const start = performance.now();
      const turn = kind === 'drag' ? { deltaX: step < 30 ? 40 : -40 } : { deltaY: step < 30 ? -120 : 120 };
      canvas.dispatchEvent(new WheelEvent('wheel', { ...at(0.6), ...turn, cancelable: true }));
      await frame();
      await frame();
      times.push((performance.now() - start) / 2);
    }
    return times;
  }, kind);
async function timelineFrames(visit) {
  await settle(visit, ['tab', 'Timeline']);
  await settle(visit, ['key', 'Escape']);
  for (const kind of ['zoom', 'drag']) {
    // Dragging needs something to the sides.
    if (kind === 'drag') await visit.page.getByRole('button', { name: 'Zoom in' }).click();
    await visit.page.waitForTimeout(500);
    const times = await frames(visit.page, kind);
    console.log(`${`timeline, a frame of a ${kind}`.padEnd(32)} ${median(times).toFixed(0).padStart(6)} ms, at most ${Math.max(...times).toFixed(0)} ms`);
  }
}

const whole = (time) => time.toFixed(0).padStart(7);

if (options.against) {
  const [opens, times] = [[[], []], {}];
  for (let pair = 0; pair < Number(options.pairs); pair += 1) {
    const visits = [];
    for (const root of pair % 2 ? [options.against, DIST] : [DIST, options.against]) visits.push(await visit(root));
    if (pair % 2) visits.reverse();
    visits.forEach(({ open }, which) => opens[which].push(open));
    await switches(visits, 3, times);
    for (const one of visits) await one.leave();
  }
  console.log(`${contents.statements.toLocaleString('en')} statements, medians in ms, of ${options.pairs} pairs\n`);
  console.log(`${''.padEnd(32)} ${'now'.padStart(7)} ${'against'.padStart(7)} ${'as long'.padStart(7)}`);
  const row = (what, [now, before]) =>
    console.log(`${what.padEnd(32)} ${whole(now)} ${whole(before)} ${(now / before).toFixed(2).padStart(7)}`);
  row('open', opens.map(median));
  for (const [what, both] of Object.entries(times)) row(what, both.map(median));
  const all = (which) => median(Object.values(times).map((both) => median(both[which])));
  row('median of all switches', [all(0), all(1)]);
} else {
  const [only, times] = [await visit(DIST), {}];
  console.log(`${contents.statements.toLocaleString('en')} statements, open after ${only.open.toFixed(0)} ms`);
  await switches([only], ROUNDS, times);
  await timelineFrames(only);
  const lines = Object.entries(times).map(([what, [of]]) => [what, median(of)]);
  for (const [what, time] of lines) console.log(`${what.padEnd(32)} ${whole(time)} ms`);
  console.log(`median of all ${median(lines.map(([, time]) => time)).toFixed(0)} ms (target: 100)`);
  assert.ok(lines.length > 0);
  await only.leave();
}
await browser.close();
