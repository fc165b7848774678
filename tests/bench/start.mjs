#!/usr/bin/env node
// From navigation until the page takes files, in Chromium and in Firefox, with nothing in any cache: seconds to the first
// paint and until its WebAssembly runs, the medians of nine starts. With another build both are started in turns.
// Needs a built page: ./dev build
//
// usage: ./dev bench start [--against DIST] [--times N]

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { firefox, launchFirefox } from '../e2e/support/firefox.js';
import { DIST, launch } from '../e2e/support/page.js';
import { serve } from '../e2e/support/site.js';

const { values } = parseArgs({ options: { against: { type: 'string' }, times: { type: 'string', default: '9' } } });

/** What notes in the page when it is ready: a file of the site, as its policy has no place for a script within it. */
const CLOCK = `
const root = document.documentElement;
new MutationObserver((_, observer) => {
  if (root.hasAttribute('data-starting')) return;
  observer.disconnect();
  self.isReady = performance.now();
}).observe(root, { attributes: true });
`;

/** The site in DIST with the clock in it. */
async function clocked(dist) {
  const root = await mkdtemp(join(tmpdir(), 'flamedrop-start-'));
  await cp(dist, root, { recursive: true });
  await writeFile(join(root, 'clock.js'), CLOCK);
  const index = join(root, 'index.html');
  const page = await readFile(index, 'utf8');
  const [before, after] = page.split(/(?<=<head>)/);
  if (!after) throw new Error(`${index} has no <head>`);
  await writeFile(index, `${before}<script src="clock.js"></script>${after}`);
  return { root, ...(await serve(root)) };
}

/** Runs in the page: the seconds, once it is ready. */
const READ = `
  while (!self.isReady) await new Promise((done) => setTimeout(done, 20));
  const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN;
  return { paint: paint / 1000, ready: self.isReady / 1000 };`;

async function inChromium(url) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    return await page.evaluate(`(async () => {${READ}})()`);
  } finally {
    await browser.close();
  }
}

async function inFirefox(url) {
  const browser = await launchFirefox(firefox);
  try {
    await browser.open(url);
    return await browser.evaluate(READ);
  } finally {
    await browser.close();
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const sites = [await clocked(DIST)];
if (values.against) sites.push(await clocked(values.against));
const times = Number(values.times);
try {
  for (const [name, start] of [['Chromium', inChromium], ['Firefox', inFirefox]]) {
    if (start === inFirefox && !firefox) {
      console.log('Firefox is not installed.');
      continue;
    }
    const runs = sites.map(() => []);
    // The first of each warms what the machine has of the browser, and is not counted.
    for (let run = -1; run < times; run++) {
      const turns = [...sites.keys()];
      for (const which of run % 2 ? turns.reverse() : turns) {
        const one = await start(sites[which].url);
        if (run >= 0) runs[which].push(one);
      }
    }
    const said = runs.map((of) => {
      const [paint, ready] = ['paint', 'ready'].map((key) => median(of.map((run) => run[key])));
      return { paint, ready };
    });
    const text = ({ paint, ready }) => `painted after ${paint.toFixed(2)} s, ready after ${ready.toFixed(2)} s`;
    console.log(`${name}: ${text(said[0])}`);
    if (said[1]) {
      console.log(`  the other: ${text(said[1])}; ${(said[0].ready / said[1].ready).toFixed(2)} times as long`);
    }
  }
} finally {
  for (const site of sites) {
    await site.close();
    await rm(site.root, { recursive: true, force: true });
  }
}
