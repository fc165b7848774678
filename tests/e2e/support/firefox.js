// Debian's Firefox, driven over Marionette: the protocol is built in, and needs no driver and no package.
// https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html

import { spawn } from 'node:child_process';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The key under which an element is handed over: https://www.w3.org/TR/webdriver2/#elements */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** Where Firefox is; null if there is none. */
export async function findFirefox() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => ['firefox-esr', 'firefox'].map((name) => join(folder, name)));
  for (const candidate of [process.env.FIREFOX, ...candidates].filter(Boolean)) {
    if (await access(candidate).then(() => true, () => false)) return candidate;
  }
  return null;
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
`,
  );
  const running = spawn(executable, ['--headless', '--marionette', '--no-remote', '--profile', profile], {
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
    await send('WebDriver:SetTimeouts', { script: 60_000, pageLoad: 60_000 });
    return {
      goto: (url) => send('WebDriver:Navigate', { url }),
      /** Runs `script`, the body of an async function, in the page. */
      evaluate: async (script, ...args) => {
        const body = `const done = arguments[arguments.length - 1];
          (async (...args) => { ${script} })(...arguments).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
        const { value } = await send('WebDriver:ExecuteAsyncScript', { script: body, args, newSandbox: false });
        if (value?.error) throw new Error(value.error);
        return value?.value;
      },
      /** Chooses files (paths) in the file input that `selector` finds. */
      choose: async (selector, paths) => {
        const found = await send('WebDriver:FindElement', { using: 'css selector', value: selector });
        await send('WebDriver:ElementSendKeys', { id: found.value[ELEMENT], text: paths.join('\n') });
      },
      close: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Firefox writes the port it chose into its profile. */
async function portOf(profile, ended) {
  const patience = AbortSignal.timeout(60_000);
  let over = false;
  ended.then(() => (over = true));
  while (!patience.aborted && !over) {
    const port = await readFile(join(profile, 'MarionetteActivePort'), 'utf8').catch(() => '');
    if (/^\d+$/.test(port.trim())) return Number(port);
    await sleep(100);
  }
  throw new Error(over ? 'Firefox ended at once' : 'Firefox did not open its port within a minute');
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
