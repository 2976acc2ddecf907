// The GraphQL-over-HTTP audits of the package graphql-http.

import assert from 'node:assert/strict';
import test from 'node:test';
import { serverAudits } from 'graphql-http';

import { endpoint } from './shop.mjs';

const audits = serverAudits({ url: endpoint, fetchFn: fetch });

test('the package has the expected number of audits', () => assert.equal(audits.length, 61));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const { status, reason } = await audit.fn();
    assert.equal(status, 'ok', reason);
  });
}
