// Programs that send the operation in the editors.

import { fill } from '../plain/assets/placeholders.js';

/** request is what is sent: placeholders have their values, as when it is run. */
export function requestOf({ query, variables, headers }, origin) {
  return {
    endpoint: new URL(origin.endpoint, origin.href).href,
    query: query.trim(),
    variables: filled(parsed(variables)),
    headers: { 'Content-Type': 'application/json', ...parsed(headers) },
  };
}

function parsed(text) {
  return text?.trim() ? JSON.parse(text) : {};
}

// A placeholder without a value yet is copied as it is.
function filled(variables) {
  try {
    return fill(variables);
  } catch {
    return variables;
  }
}

// In single quotes a shell changes nothing but a single quote.
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const json = (value, indent = 2) => JSON.stringify(value, null, indent);
const indented = (text, by) => text.replaceAll('\n', `\n${' '.repeat(by)}`);
// A template literal without placeholders of JavaScript's.
const template = (text) => `\`${text.replace(/[\\`]|\$(?=\{)/g, '\\$&')}\``;

/** curl is a command for a POSIX shell. */
export function curl({ endpoint, query, variables, headers }) {
  const lines = [`curl ${quoted(endpoint)}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`--header ${quoted(`${name}: ${value}`)}`);
  lines.push(`--data-raw ${quoted(json({ query, variables }, 0))}`);
  return `${lines.join(' \\\n  ')}\n`;
}

/** fetched is JavaScript for browsers and servers. */
export function fetched({ endpoint, query, variables, headers }) {
  return `const query = ${template(query)};

const response = await fetch(${json(endpoint)}, {
  method: 'POST',
  headers: ${indented(json(headers), 2)},
  body: JSON.stringify({ query, variables: ${indented(json(variables), 2)} }),
});
const { data, errors } = await response.json();
`;
}

/** apollo is JavaScript for Apollo Client. A subscription needs a link for WebSockets, which the docs of Apollo describe. */
export function apollo({ endpoint, query, variables, headers }) {
  const kind = /^\s*(?:#.*\n\s*)*(mutation|subscription)\b/.exec(query)?.[1] ?? 'query';
  const { 'Content-Type': _, ...others } = headers;
  const call = kind === 'query' ? 'query({ query' : kind === 'mutation' ? 'mutate({ mutation' : 'subscribe({ query';
  return `import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';

const client = new ApolloClient({
  link: new HttpLink({ uri: ${json(endpoint)}, headers: ${indented(json(others), 2)} }),
  cache: new InMemoryCache(),
});

const operation = gql${template(query)};

const ${kind === 'subscription' ? 'events' : '{ data }'} = ${kind === 'subscription' ? '' : 'await '}client.${call}: operation, variables: ${indented(json(variables), 0)} });
`;
}
