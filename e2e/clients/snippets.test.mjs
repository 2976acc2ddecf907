// Programs that the playground copies send what its editors have.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { endpoint } from './shop.mjs';

// The module imports one of the page, which needs a browser; without placeholders it
// returns variables as they are.
const source = readFileSync(new URL('../../router/playground/src/snippets.js', import.meta.url), 'utf8').replace(
  /^import \{ fill \}.*$/m,
  'const fill = (variables) => variables;',
);
const { apollo, curl, fetched, requestOf } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const awkward = "it's `a` ${b} \\n \"c\" $d";
const request = requestOf(
  {
    query: `query Named($text: String!) { search(query: $text) { totalCount } note: __typename @include(if: true) # ${'`'}$\{x}'
    }`,
    variables: JSON.stringify({ text: awkward }),
    headers: '{"X-Currency": "EUR"}',
  },
  { endpoint: '/graphql', href: endpoint },
);

test('a request has the address, the variables and the headers of the editors', () => {
  assert.equal(request.endpoint, endpoint);
  assert.deepEqual(request.variables, { text: awkward });
  assert.equal(request.headers['X-Currency'], 'EUR');
  assert.throws(() => requestOf({ query: '{ a }', variables: '{', headers: '' }, { endpoint: '/', href: endpoint }), SyntaxError);
});

test('the command for curl works in a shell', { skip: spawnSync('curl', ['--version']).error && 'there is no curl' }, () => {
  const { data, errors } = JSON.parse(execFileSync('sh', ['-c', curl(request)], { stdio: ['ignore', 'pipe', 'ignore'] }));
  assert.equal(errors, undefined);
  assert.equal(typeof data.search.totalCount, 'number');
});

test('the program with fetch works', async () => {
  const run = new Function('fetch', `return (async () => { ${fetched(request)} return { data, errors }; })();`);
  const { data, errors } = await run(fetch);
  assert.equal(errors, undefined);
  assert.equal(typeof data.search.totalCount, 'number');
});

test('the program for Apollo Client works', async () => {
  const library = await import('@apollo/client');
  const body = apollo(request).replace(/^import \{([^}]*)\} from '[^']+';/, (_, names) => `const {${names}} = library;`);
  const run = new Function('library', `return (async () => { ${body} return data; })();`);
  assert.equal(typeof (await run(library.default ?? library)).search.totalCount, 'number');
});

test('Apollo Client gets a mutation by mutate', () => {
  const text = apollo({ ...request, query: '# first\nmutation A { a }' });
  assert.match(text, /client\.mutate\(\{ mutation: operation/);
  assert.match(apollo({ ...request, query: 'subscription A { a }' }), /client\.subscribe\(\{ query: operation/);
});
