// graphql-request: the small client of scripts and servers.

import assert from 'node:assert/strict';
import test from 'node:test';
import { ClientError, GraphQLClient, gql } from 'graphql-request';

import { bearer, endpoint, guest, lines } from './shop.mjs';

test('it queries by POST and by GET', async () => {
  const query = gql`query ($first: Int!) { search(query: "headphones", first: $first) { nodes { slug } } }`;
  for (const method of ['POST', 'GET']) {
    const { search } = await new GraphQLClient(endpoint, { method }).request(query, { first: 2 });
    assert(search.nodes.length > 0);
  }
});

test('it mutates', async () => {
  const client = new GraphQLClient(endpoint, { headers: bearer(await guest()) });
  const { cartLinesAdd } = await client.request(
    gql`mutation ($lines: [CartLineAddInput!]!) { cartLinesAdd(lines: $lines) { cart { totalQuantity } userErrors { code } } }`,
    { lines: lines(2) },
  );
  assert.deepEqual(cartLinesAdd, { cart: { totalQuantity: 2 }, userErrors: [] });
});

test('it gets the code of an error', async () => {
  await assert.rejects(new GraphQLClient(endpoint).request('{ nothing }'), (error) => {
    assert(error instanceof ClientError);
    assert.equal(error.response.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    return true;
  });
});

test('it sends a batch', async () => {
  const answers = await new GraphQLClient(endpoint).batchRequests([
    { document: '{ categories { slug } }' },
    { document: 'query ($slug: String!) { product(slug: $slug) { title } }', variables: { slug: 'aurora-anc-headphones' } },
  ]);
  assert.equal(answers.length, 2);
  assert(answers[0].data.categories.length > 0);
  assert.equal(typeof answers[1].data.product.title, 'string');
});
