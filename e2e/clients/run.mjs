// Starts the built program with a demo shop of its own, runs every test beside
// this file against it, and stops it. The first argument is the program, by
// default bin/cartograph; the others are the tests' names, by default all.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compile } from './documents.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const [program = resolve(here, '../../bin/cartograph'), ...chosen] = process.argv.slice(2);
const startWithin = 60_000; // milliseconds
const dir = mkdtempSync(join(tmpdir(), 'cartograph-clients-'));

let failed = 1;
try {
  // Applications are built against the schema; the router then loads their
  // manifests.
  const manifests = await serving({}, async (endpoint) => {
    const work = join(dir, 'documents');
    mkdirSync(work);
    return compile(await (await fetch(new URL('/schema.graphql', endpoint))).text(), work);
  });
  const env = { ROUTER_PERSISTED_MANIFESTS: Object.values(manifests).join(',') };
  failed = await serving(env, (endpoint) => test(endpoint, manifests));
} catch (error) {
  console.error(error.message);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
process.exit(failed);

/** serving runs use with the graph's address while the program serves. */
async function serving(env, use) {
  const server = spawn(program, ['--listen', '127.0.0.1:0', '--data', join(dir, 'data')], {
    env: { ...process.env, DEMO: 'true', ROUTER_SHOW_FETCHES: 'true', LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => server.on('exit', done).on('error', done));
  try {
    return await use(await address(server, ended));
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

/** address is where the program serves the graph, from its log. */
function address(server, ended) {
  return new Promise((found, failed) => {
    let output = '';
    const give = (why) => failed(new Error(`${program} ${why}; its output: ${output}`));
    const late = setTimeout(() => give(`does not serve after ${startWithin / 1000} s`), startWithin);
    server.stdout.on('data', (text) => {
      output += text;
      const line = /^\s*GraphQL\s+(\S+)/m.exec(output);
      if (!line) return;
      clearTimeout(late);
      found(line[1]);
    });
    ended.then(() => give('ended before it served'));
  });
}

function test(endpoint, manifests) {
  const files = readdirSync(here).filter((name) => name.endsWith('.test.mjs'));
  const tests = chosen.length > 0 ? files.filter((name) => chosen.some((word) => name.includes(word))) : files;
  console.log(`Testing ${endpoint} with ${tests.join(', ')}`);
  const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', '--test-timeout=600000', ...tests], {
    cwd: here,
    env: { ...process.env, CARTOGRAPH_GRAPHQL: endpoint, CARTOGRAPH_BIN: program, CARTOGRAPH_MANIFESTS: JSON.stringify(manifests) },
    stdio: 'inherit',
  });
  return status ?? 1;
}
