// A router of its own over one small subgraph, whose supergraph changes while
// clients are connected.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const supergraph = (url, more = '') => `
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) {
  query: Query
  subscription: Subscription
}
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { CLOCK @join__graph(name: "clock", url: "${url}") }
type Query @join__type(graph: CLOCK) { now: Int ${more} }
type Subscription @join__type(graph: CLOCK) { ticks: Int }
`;

/** clock is a subgraph that ticks a hundred times a second. */
async function clock() {
  let now = 0;
  const server = createServer((request, response) => {
    if (!request.headers.accept?.includes('text/event-stream')) {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ data: { now: ++now } }));
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const tick = () => response.write(`event: next\ndata: ${JSON.stringify({ data: { ticks: ++now } })}\n\n`);
    tick();
    const ticking = setInterval(tick, 10);
    request.socket.on('close', () => clearInterval(ticking));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}

/** router serves the supergraph in file until stopped. */
async function router(file) {
  const child = spawn(process.env.CARTOGRAPH_BIN, ['router', '--supergraph', file, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.on('exit', done));
  const url = await new Promise((found, failed) => {
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
      const match = /http:\/\/\S+\/graphql/.exec(output);
      if (match) found(match[0]);
    });
    ended.then(() => failed(new Error(`the router ended; its output: ${output}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { url, child, stop };
}

test('a subscription survives a reload of the supergraph, and new fields are served', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'cartograph-reload-'));
  const subgraph = await clock();
  t.after(() => {
    subgraph.closeAllConnections();
    subgraph.close();
    rmSync(dir, { recursive: true });
  });
  const address = `http://127.0.0.1:${subgraph.address().port}/`;
  const file = join(dir, 'supergraph.graphql');
  writeFileSync(file, supergraph(address));
  const { url, child, stop } = await router(file);
  t.after(stop);

  const closes = [];
  let connected = 0;
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryWait: async () => {},
    on: { connected: () => connected++, closed: ({ code }) => closes.push(code) },
  });
  const ticks = client.iterate({ query: 'subscription { ticks }' });
  const { value: first } = await ticks.next();
  assert(first.data.ticks > 0);

  writeFileSync(file, supergraph(address, 'later: Int'));
  child.kill('SIGHUP');
  while (connected < 2) {
    const { value } = await ticks.next();
    assert.equal(value.errors, undefined);
  }
  assert.equal(closes[0], 1012, 'closed with service restart');
  assert((await ticks.next()).value.data.ticks > first.data.ticks);
  await ticks.return();
  await client.dispose();

  const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"query":"{ later: now __typename }"}' });
  assert.equal((await response.json()).data.__typename, 'Query');
  const schema = await (await fetch(new URL('/schema.graphql', url))).text();
  assert.match(schema, /later: Int/);
});
