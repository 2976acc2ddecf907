// Fills placeholders in variables from earlier answers. A placeholder is a string
// that ends in …: "crt_…" is the latest id with that prefix,
// "cost.total.amount…" the latest value whose path ends so, "new…" a new key.

import { onChange } from './session.js';

const key = 'cartograph.latest';
const idPattern = /^([a-z]+_)[0-9A-HJKMNP-TV-Z]{26}$/;
let latest = JSON.parse(sessionStorage.getItem(key)) ?? {};

// Values of one account must not be sent for the next one.
onChange(() => {
  latest = {};
  sessionStorage.removeItem(key);
});

/** record keeps the values of an answer. Of several for one placeholder, the first counts. */
export function record(answer) {
  const found = {};
  walk(answer?.data, [], (path, value) => {
    const prefix = path.at(-1) === 'id' && idPattern.exec(value)?.[1];
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

/** fill returns variables without placeholders; it throws if one has no value yet. */
export function fill(variables) {
  if (Array.isArray(variables)) return variables.map(fill);
  if (variables !== null && typeof variables === 'object') {
    return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, fill(value)]));
  }
  if (typeof variables !== 'string' || !variables.endsWith('…')) return variables;
  const name = variables.slice(0, -1);
  if (name === 'new') return crypto.randomUUID?.() ?? `key-${Date.now()}-${Math.random().toString(36).slice(2)}`;
  if (!(name in latest)) {
    throw new Error(`The variables have a placeholder, "${variables}", without a value yet. Run the examples before this one, or enter a value.`);
  }
  return latest[name];
}
