// graphql-ws: the reference client of graphql-transport-ws.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { addMugs, guest, lines, order, socketUrl } from './shop.mjs';

const client = (options = {}) => createClient({ url: socketUrl, webSocketImpl: WebSocket, ...options });
const as = (token) => ({ connectionParams: { authorization: `Bearer ${token}` } });

/** all collects what an operation answers until it is complete. */
async function all(socket, request) {
  const answers = [];
  for await (const answer of socket.iterate(request)) answers.push(answer);
  return answers;
}

test('queries and mutations go over the socket', async () => {
  const socket = client(as(await guest()));
  const [{ data: read }] = await all(socket, { query: '{ categories { slug } }' });
  assert(read.categories.length > 0);
  const [{ data: written }] = await all(socket, {
    query: 'mutation ($lines: [CartLineAddInput!]!) { cartLinesAdd(lines: $lines) { cart { totalQuantity } } }',
    variables: { lines: lines(3) },
  });
  assert.equal(written.cartLinesAdd.cart.totalQuantity, 3);
  await socket.dispose();
});

test('a subscription pushes events until it is stopped', async (t) => {
  const token = await guest();
  const cart = await addMugs(token, 1);
  const socket = client(as(token));
  t.after(() => socket.dispose());
  const events = socket.iterate({ query: 'subscription ($id: ID!) { cartChanged(cartId: $id) { id totalQuantity } }', variables: { id: cart.id } });
  const { value: first } = await events.next();
  assert.equal(first.data.cartChanged.totalQuantity, 1);
  await addMugs(token, 2);
  // Earlier events may be repeated first.
  while ((await events.next()).value.data.cartChanged.totalQuantity !== 3);
  await events.return();
});

test('several subscriptions share a socket', async () => {
  const token = await guest();
  const placed = await order(token);
  let opened = 0;
  const socket = client({ ...as(token), on: { opened: () => opened++ } });
  const watch = () => socket.iterate({ query: 'subscription ($id: ID!) { orderChanged(orderId: $id) { number } }', variables: { id: placed.id } });
  const streams = [watch(), watch(), watch()];
  for (const { value } of await Promise.all(streams.map((stream) => stream.next()))) {
    assert.equal(value.data.orderChanged.number, placed.number);
  }
  assert.equal(opened, 1);
  await Promise.all(streams.map((stream) => stream.return()));
  await socket.dispose();
});

test('an invalid document is an error of its operation, not of the socket', async () => {
  const socket = client();
  await assert.rejects(all(socket, { query: 'subscription { nothing }' }), (errors) => {
    assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    return true;
  });
  assert.equal((await all(socket, { query: '{ __typename }' })).length, 1);
  await socket.dispose();
});

test('an invalid token is refused with 4403, a valid one accepted', async () => {
  const codes = [];
  const tokens = ['nonsense', await guest()];
  const socket = client({
    connectionParams: () => ({ authorization: `Bearer ${tokens.shift()}` }),
    retryWait: async () => {},
    on: { closed: ({ code }) => codes.push(code) },
  });
  const [{ data }] = await all(socket, { query: '{ activeCart { id } }' });
  assert.deepEqual(data, { activeCart: null });
  assert.equal(codes[0], 4403);
  assert.equal(tokens.length, 0);
  await socket.dispose();
});

test('pings are answered, from both sides', async () => {
  const latency = await new Promise((measured, failed) => {
    let sent;
    const socket = client({
      lazy: false,
      keepAlive: 20,
      onNonLazyError: failed,
      on: {
        ping: (received) => received || (sent = performance.now()),
        pong: (received) => {
          if (!received) return;
          measured(performance.now() - sent);
          socket.dispose();
        },
      },
    });
  });
  assert(latency >= 0);
});

test('the client chooses the ids of operations', async () => {
  const socket = client({ generateID: () => `${randomUUID()} with spaces` });
  assert.equal((await all(socket, { query: '{ __typename }' }))[0].data.__typename, 'Query');
  await socket.dispose();
});
