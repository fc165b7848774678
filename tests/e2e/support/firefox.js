// Debian's Firefox, driven over Marionette: the protocol is built in, and needs no driver and no package.
// https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html

import { spawn } from 'node:child_process';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

/** The key under which an element is handed over: https://www.w3.org/TR/webdriver2/#elements */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** How long something is waited for: a loaded machine takes long over a hundred files. */
const PATIENCE = 240_000;

/** For scripts in the page: `drawn()` gives the texts of the cells of the rows a table draws now, from the first. */
export const ROWS = `
  const drawn = () => [...document.querySelectorAll(':is([role=grid], [role=treegrid]) [role=rowgroup] [role=row]')]
    .sort((one, other) => one.getAttribute('aria-rowindex') - other.getAttribute('aria-rowindex'))
    .map((row) => [...row.querySelectorAll('[role=gridcell]')].map((cell) => cell.innerText.trim()));`;

/** Where Firefox is; null if there is none. */
async function findFirefox() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => ['firefox-esr', 'firefox'].map((name) => join(folder, name)));
  for (const candidate of [process.env.FIREFOX, ...candidates].filter(Boolean)) {
    if (await access(candidate).then(() => true, () => false)) return candidate;
  }
  return null;
}

export const firefox = await findFirefox();

/** A test that is given a fresh Firefox. */
export function firefoxTest(name, body) {
  const skip = firefox ? false : 'FIREFOX IS NOT INSTALLED: apt-get install firefox-esr, or FIREFOX=/path';
  test(name, { timeout: 600_000, skip }, async () => {
    const browser = await launchFirefox(firefox);
    try {
      await body(browser);
    } finally {
      await browser.close();
    }
  });
}

/** Starts a fresh Firefox without a window. */
export async function launchFirefox(executable) {
  const profile = await mkdtemp(join(tmpdir(), 'flamedrop-firefox-'));
  await writeFile(
    join(profile, 'user.js'),
    // Any free port; nothing but this machine is asked for anything.
    `user_pref('marionette.port', 0);
user_pref('network.proxy.type', 1);
user_pref('network.proxy.http', '127.0.0.1');
user_pref('network.proxy.http_port', 9);
user_pref('network.proxy.ssl', '127.0.0.1');
user_pref('network.proxy.ssl_port', 9);
user_pref('datareporting.policy.dataSubmissionEnabled', false);
user_pref('browser.shell.checkDefaultBrowser', false);
// What a drop of the desktop's would allow: see drop() below.
user_pref('dom.file.createInChild', true);
user_pref('dom.filesystem.pathcheck.disabled', true);
`,
  );
  // Scripts with the browser's own rights hand over directories, and read what was complained of.
  const system = '--remote-allow-system-access';
  const running = spawn(executable, ['--headless', '--marionette', system, '--no-remote', '--profile', profile], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => running.once('exit', resolve));
  const end = async () => {
    running.kill();
    await Promise.race([ended, sleep(5000).then(() => running.kill('SIGKILL'))]);
    await rm(profile, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const send = await marionette(await portOf(profile, ended));
    await send('WebDriver:NewSession', {});
    await send('WebDriver:SetTimeouts', { script: 120_000, pageLoad: 120_000 });
    return driver(send, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/** What tests do with a Firefox that answers to `send`. */
function driver(send, close) {
  // Without a sandbox's name a script sees what the page's own do.
  const run = async (script, args, sandbox) => {
    const body = `const done = arguments[arguments.length - 1];
      (async (...args) => { ${script} })(...arguments).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value } = await send('WebDriver:ExecuteAsyncScript', { script: body, args, newSandbox: false, sandbox });
    if (value?.error) throw new Error(value.error);
    return value?.value;
  };
  const evaluate = (script, ...args) => run(script, args);
  /** Runs `script` beside the page with the browser's rights: it sees the page's objects, and files. */
  const beside = (script, ...args) => run(script, args, 'system');
  const find = async (using, selector) =>
    (await send('WebDriver:FindElement', { using, value: selector })).value[ELEMENT];
  /** Asks again from here: what lasts longer than a script may is no reason to give up. */
  const until = async (what, script, ...args) => {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const value = await evaluate(script, ...args);
      if (value) return value;
      if (Date.now() > end) {
        const said = await evaluate('return document.body.innerText.slice(0, 2000);');
        throw new Error(`waited for ${what} in vain; the page says: ${said}`);
      }
      await sleep(100);
    }
  };
  return {
    /** Opens the page, and waits until its WebAssembly runs. */
    open: async (url) => {
      await send('WebDriver:Navigate', { url });
      await until('the WebAssembly', `return !document.documentElement.hasAttribute('data-starting');`);
    },
    /** Runs `script`, the body of an async function, in the page. */
    evaluate,
    /** Runs `script` in the page until it gives something that is true. */
    until,
    /** Chooses files (paths) in the file input that `selector` finds. */
    choose: async (selector, paths) => {
      await send('WebDriver:ElementSendKeys', { id: await find('css selector', selector), text: paths.join('\n') });
    },
    /** Types a text into the field that `selector` finds. */
    type: async (selector, text) => {
      await send('WebDriver:ElementSendKeys', { id: await find('css selector', selector), text });
    },
    /** Clicks on what the XPath finds. */
    click: async (path) => {
      await send('WebDriver:ElementClick', { id: await find('xpath', path) });
    },
    drop: (paths) => drop(evaluate, beside, paths),
    complaints: (origin) => complaints(send, evaluate, beside, origin),
    close,
  };
}

/**
 * Drops files and directories (paths) on the page.
 *
 * Without a window Firefox has no drag service (nsDragService::GetInstance gives none in headless mode), so no drag from
 * the desktop can be begun, not by the browser itself either. What such a drag brings can be: a `File` that is a
 * directory, which a page's script cannot make. The page makes entries of it as of any other, which have what is on the
 * disk, by requests to the browser's first process. Two things the drag would have done on its way are done by
 * preferences: that process makes the `File` for the page's, and lets it list the directory.
 */
async function drop(evaluate, beside, paths) {
  await beside(
    `const files = await Promise.all(args[0].map((path) => {
      const file = Components.classes['@mozilla.org/file/local;1'].createInstance(Components.interfaces.nsIFile);
      file.initWithPath(path);
      // Where it is checked that a file is there, a directory is refused.
      return File.createFromNsIFile(file, { existenceCheck: false });
    }));
    window.wrappedJSObject.dropped = Components.utils.cloneInto(files, window, { wrapReflectors: true });`,
    paths,
  );
  // In the page: what others put into a DataTransfer, they alone may take out.
  await evaluate(
    `const transfer = new DataTransfer();
    for (const file of window.dropped) transfer.items.add(file);
    delete window.dropped;
    const target = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true };
    const send = (type) => !target.dispatchEvent(new DragEvent(type, options));
    send('dragenter');
    if (!send('dragover')) throw new Error('the page would not take a drop');
    if (!send('drop')) throw new Error('the browser would open what was dropped in the place of the page');
    // As a browser does: what a page did not take out while it handled the drop is gone.
    transfer.items.clear();`,
  );
}

/** Whatever was told to the console about pages and workers of `origin`: exceptions, violations of their policy, warnings. */
async function complaints(send, evaluate, beside, origin) {
  // What pages and workers say themselves is known to their own process, what Firefox says of them to its first one.
  const said = await beside(
    `const { classes, interfaces } = Components;
    const storage = classes['@mozilla.org/consoleAPI-storage;1'].getService(interfaces.nsIConsoleAPIStorage);
    return storage.getEvents()
      .filter(({ level }) => ['error', 'warn', 'assert', 'exception'].includes(level))
      .map((event) => event.level + ': ' + event.arguments.map(String).join(' '));`,
  );
  await send('Marionette:SetContext', { value: 'chrome' });
  const told = await evaluate(
    `return Services.console.getMessageArray()
      .filter((message) => message instanceof Ci.nsIScriptError && message.sourceName?.includes(args[0]))
      // Tables that draw only the rows in view place them as they are scrolled: advice, and nothing is wrong.
      .filter(({ category }) => category !== 'Async Pan/Zoom')
      .map(({ category, errorMessage, sourceName }) => category + ': ' + errorMessage + ' (' + sourceName + ')');`,
    origin,
  );
  await send('Marionette:SetContext', { value: 'content' });
  return [...said, ...told];
}

/** Firefox writes the port it chose into its profile. */
async function portOf(profile, ended) {
  const patience = AbortSignal.timeout(120_000);
  let over = false;
  ended.then(() => (over = true));
  while (!patience.aborted && !over) {
    const port = await readFile(join(profile, 'MarionetteActivePort'), 'utf8').catch(() => '');
    if (/^\d+$/.test(port.trim())) return Number(port);
    await sleep(100);
  }
  throw new Error(over ? 'Firefox ended at once' : 'Firefox did not open its port within two minutes');
}

/** Connects; gives a function that sends a command and waits for its answer. */
async function marionette(port) {
  const socket = connect(port, '127.0.0.1');
  const waiting = new Map();
  let number = 0;
  let received = Buffer.alloc(0);
  await new Promise((resolve, reject) => {
    socket.once('error', reject);
    // The greeting is the only message that is no answer.
    const greeted = { resolve, reject };
    waiting.set('greeting', greeted);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const colon = received.indexOf(':');
        const length = Number(received.subarray(0, colon));
        if (colon < 0 || received.length < colon + 1 + length) return;
        const message = JSON.parse(received.subarray(colon + 1, colon + 1 + length).toString());
        received = received.subarray(colon + 1 + length);
        const [, id, error, result] = Array.isArray(message) ? message : [1, 'greeting', null, message];
        const asked = waiting.get(id);
        waiting.delete(id);
        if (error) asked?.reject(new Error(`${error.error}: ${error.message}`));
        else asked?.resolve(result);
      }
    });
  });
  socket.on('close', () => waiting.forEach(({ reject }) => reject(new Error('Firefox hung up'))));
  return (command, parameters) =>
    new Promise((resolve, reject) => {
      const message = JSON.stringify([0, ++number, command, parameters]);
      waiting.set(number, { resolve, reject });
      socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
}
