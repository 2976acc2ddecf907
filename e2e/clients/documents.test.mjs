// Applications whose documents were compiled against the schema, and whose
// manifests the router has loaded, send ids in place of documents.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { addMugs, bearer, endpoint, guest, lines } from './shop.mjs';

const { relay, codegen } = JSON.parse(process.env.CARTOGRAPH_MANIFESTS);

/** idOf is the id of the operation called name in a manifest. */
function idOf(manifest, name) {
  const documents = Object.entries(JSON.parse(readFileSync(manifest, 'utf8')));
  const found = documents.find(([, text]) => new RegExp(`^(query|mutation|subscription) ${name}\\b`).test(text));
  assert(found, `${manifest} has no ${name}`);
  return found[0];
}

async function send(body, token) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && bearer(token)) },
    body: JSON.stringify(body),
  });
  return response.json();
}

test('a document of Relay is sent by doc_id', async () => {
  const { data, errors } = await send({ doc_id: idOf(relay, 'appProductQuery'), variables: { slug: 'aurora-anc-headphones' } });
  assert.equal(errors, undefined);
  assert.match(data.product.priceRange.min.formatted, /\d/);
  const again = await send({ doc_id: idOf(relay, 'appCardRefetchQuery'), variables: { id: data.product.id } });
  assert.equal(again.data.node.title, data.product.title);
});

test('Relay mutations and connections work', async () => {
  const token = await guest();
  const { data } = await send({ doc_id: idOf(relay, 'appAddMutation'), variables: { lines: lines(2) } }, token);
  assert.equal(data.cartLinesAdd.cart.totalQuantity, 2);
  const orders = await send({ doc_id: idOf(relay, 'appOrdersQuery') }, token);
  assert.deepEqual(orders.data, { me: null });
});

test('a document of graphql-codegen is sent by documentId', async () => {
  const { data, errors } = await send({ documentId: idOf(codegen, 'TypedProduct'), variables: { slug: 'aurora-anc-headphones' } });
  assert.equal(errors, undefined);
  assert.equal(typeof data.product.priceRange.min.minorUnits, 'number');
});

test('a document is sent by GET', async () => {
  const url = new URL(endpoint);
  url.searchParams.set('documentId', idOf(codegen, 'TypedProduct'));
  url.searchParams.set('variables', JSON.stringify({ slug: 'aurora-anc-headphones' }));
  const { data } = await (await fetch(url)).json();
  assert.match(data.product.id, /^prd_/);
});

test('an id that no manifest has is refused', async () => {
  const { errors } = await send({ documentId: `sha256:${'0'.repeat(64)}` });
  assert.match(errors[0].extensions.code, /^PERSISTED_QUERY/);
});

test('the generated types compile in strict mode', () => {
  const dir = dirname(relay);
  const options = { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', types: [] };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.ts'] }));
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('a subscription in a manifest works', async () => {
  const token = await guest();
  const cart = await addMugs(token, 1);
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { Accept: 'text/event-stream', 'Content-Type': 'application/json', ...bearer(token) },
    body: JSON.stringify({ doc_id: idOf(relay, 'appCartSubscription'), variables: { id: cart.id } }),
  });
  let output = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    output += chunk;
    if (output.includes('totalQuantity')) break;
  }
  assert.match(output, /"totalQuantity":1/);
});
