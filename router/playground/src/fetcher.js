// How GraphiQL asks the graph: HTTP, and a socket for subscriptions.

import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';

import { fill, learn } from '../plain/assets/blanks.js';
import { failure, post } from '../plain/assets/graph.js';
import { authorization } from '../plain/assets/session.js';
import { socketUrl } from '../plain/assets/settings.js';
import { lowered } from '../plain/assets/socket.js';
import * as insights from './insights.js';

// What the router is to tell beside the answer.
const asking = { 'X-GraphQL-Cost': '1', 'X-GraphQL-Plan': '1', 'X-GraphQL-Trace': '1' };

// The socket lives as long as there is a subscription, so that the next one
// comes with the token of whoever is signed in then.
const socket = createClient({
  url: socketUrl(),
  connectionParams: async () => lowered(await authorization()),
});

/** fetcher answers one request of GraphiQL's, or each event of a subscription. */
export async function fetcher({ query, variables, operationName }, { headers } = {}) {
  const operation = chosen(query, operationName);
  let request;
  try {
    request = { query, variables: fill(variables), operationName: operation ? operation.name?.value : operationName };
    // A header of the editor's wins.
    headers = { ...(await authorization()), ...headers };
  } catch (error) {
    return failure(error.message);
  }
  if (operationName === 'IntrospectionQuery') return (await post(request, headers)).answer;
  const note = insights.begin();
  if (operation?.operation === 'subscription') return events(request, note);
  const { answer, status, millis } = await post(request, { ...asking, ...headers });
  learn(answer);
  const { plain, told } = insights.split(answer);
  note({ ...told, status, millis, bytes: new Blob([JSON.stringify(plain)]).size });
  return plain;
}

/**
 * chosen is the operation of the document to run, or undefined if it is for the
 * router to say what is wrong. For a moment after a change of tabs GraphiQL
 * gives the name that was chosen in the tab before.
 */
function chosen(query, name) {
  try {
    const document = parse(query);
    return getOperationAST(document, name) ?? getOperationAST(document) ?? undefined;
  } catch {
    return undefined;
  }
}

async function* events(request, note) {
  let count = 0;
  try {
    note({ events: 0 });
    for await (const answer of socket.iterate(request)) {
      learn(answer);
      note({ events: ++count });
      yield answer;
    }
  } catch (error) {
    yield Array.isArray(error) ? { errors: error } : failure(error.message || error.reason || 'The connection was closed.');
  }
}
