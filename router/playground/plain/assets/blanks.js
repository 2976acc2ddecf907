// Fills blanks in variables from earlier answers. A blank is a string that ends
// in …: "crt_…" is the latest id with that prefix, "quote.total.amount…" the
// latest value at a path that ends so, "new…" a fresh key.

import { onChange } from './session.js';

const key = 'cartograph.latest';
const anId = /^([a-z]+_)[0-9A-HJKMNP-TV-Z]{26}$/;
let latest = JSON.parse(sessionStorage.getItem(key)) ?? {};

// What one person saw is not the next one's.
onChange(() => {
  latest = {};
  sessionStorage.removeItem(key);
});

/** learn remembers what an answer says. Where it says something twice, the first counts. */
export function learn(answer) {
  const found = {};
  walk(answer?.data, [], (path, value) => {
    const prefix = path.at(-1) === 'id' && anId.exec(value)?.[1];
    if (prefix) found[prefix] ??= value;
    for (let i = Math.max(0, path.length - 3); i < path.length - 1; i++) {
      found[path.slice(i).join('.')] ??= value;
    }
  });
  latest = { ...latest, ...found };
  sessionStorage.setItem(key, JSON.stringify(latest));
}

function walk(value, path, visit) {
  if (value !== null && typeof value === 'object') {
    for (const [name, member] of Object.entries(value)) {
      walk(member, Array.isArray(value) ? path : [...path, name], visit);
    }
  } else if (value !== null && value !== undefined) {
    visit(path, value);
  }
}

/** fill returns variables without blanks; it throws if one cannot be filled. */
export function fill(variables) {
  if (Array.isArray(variables)) return variables.map(fill);
  if (variables !== null && typeof variables === 'object') {
    return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, fill(value)]));
  }
  if (typeof variables !== 'string' || !variables.endsWith('…')) return variables;
  const blank = variables.slice(0, -1);
  if (blank === 'new') return crypto.randomUUID?.() ?? `key-${Date.now()}-${Math.random().toString(36).slice(2)}`;
  if (!(blank in latest)) {
    throw new Error(`The variables have a blank, "${variables}", which no answer has filled yet. Run the examples before this one, or write a value.`);
  }
  return latest[blank];
}
