// GraphiQL's fetcher: HTTP, and a WebSocket for subscriptions.

import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';

import { fill, record } from '../plain/assets/placeholders.js';
import { failure, post } from '../plain/assets/graph.js';
import { authorization } from '../plain/assets/session.js';
import { socketUrl } from '../plain/assets/settings.js';
import { lowered } from '../plain/assets/socket.js';
import * as details from './details.js';

// Requests cost, plan and trace in the answer's extensions.
const extensionHeaders = { 'X-GraphQL-Cost': '1', 'X-GraphQL-Plan': '1', 'X-GraphQL-Trace': '1' };

// The socket is closed after the last subscription, so that the next one
// authenticates with the current session.
const socket = createClient({
  url: socketUrl(),
  connectionParams: async () => lowered(await authorization()),
});

/** fetcher runs one request of GraphiQL's; for a subscription it yields each event. */
export async function fetcher({ query, variables, operationName }, { headers } = {}) {
  const operation = chosen(query, operationName);
  let request;
  try {
    request = { query, variables: fill(variables), operationName: operation ? operation.name?.value : operationName };
    // Headers from the editor take precedence.
    headers = { ...(await authorization()), ...headers };
  } catch (error) {
    return failure(error.message);
  }
  if (operationName === 'IntrospectionQuery') return (await post(request, headers)).answer;
  const report = details.begin();
  if (operation?.operation === 'subscription') return events(request, report);
  const { answer, status, millis } = await post(request, { ...extensionHeaders, ...headers });
  record(answer);
  const { plain, extensions } = details.split(answer);
  report({ ...extensions, status, millis, bytes: new Blob([JSON.stringify(plain)]).size });
  return plain;
}

/**
 * chosen is the operation of the document to run, or undefined if the document is
 * invalid, which the router then reports. Just after a change of tabs GraphiQL
 * may pass the name that was selected in the previous tab.
 */
function chosen(query, name) {
  try {
    const document = parse(query);
    return getOperationAST(document, name) ?? getOperationAST(document) ?? undefined;
  } catch {
    return undefined;
  }
}

async function* events(request, report) {
  let count = 0;
  try {
    report({ events: 0 });
    for await (const answer of socket.iterate(request)) {
      record(answer);
      report({ events: ++count });
      yield answer;
    }
  } catch (error) {
    yield Array.isArray(error) ? { errors: error } : failure(error.message || error.reason || 'The connection was closed.');
  }
}
