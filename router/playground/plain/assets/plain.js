// The plain page: examples as tabs, an editor, and the answer.

import { element, showBar } from './bar.js';
import { fill, learn } from './blanks.js';
import { failure, post } from './graph.js';
import { authorization } from './session.js';
import { operations, titleOf } from './settings.js';
import { subscribe } from './socket.js';

const at = (id) => document.getElementById(id);
const [query, variables, run, answer, note] = ['query', 'variables', 'run', 'answer', 'note'].map(at);

// A sheet is what a tab holds. Its subscription goes on while others are shown.
const sheets = operations.map((op) => ({ ...op, answer: null, note: 'Ctrl-Enter runs it', stop: null, asking: false }));
if (sheets.length === 0) sheets.push({ name: 'Query', query: '{ __typename }', variables: '', note: '' });
let shown = sheets[0];

const tabs = sheets.map((sheet, i) =>
  element('button', { type: 'button', role: 'tab', onclick: () => show(sheet) }, element('small', {}, `${i + 1}`), ' ', titleOf(sheet.name)),
);

function show(sheet) {
  shown = sheet;
  query.value = sheet.query;
  variables.value = sheet.variables;
  query.setSelectionRange(0, 0);
  query.scrollTop = answer.scrollTop = 0;
  refresh();
}

function refresh() {
  tabs.forEach((tab, i) => {
    tab.setAttribute('aria-selected', String(sheets[i] === shown));
    tab.tabIndex = sheets[i] === shown ? 0 : -1;
    tab.classList.toggle('live', Boolean(sheets[i].stop));
  });
  run.textContent = shown.stop ? 'Stop' : 'Run';
  run.disabled = shown.asking;
  note.textContent = shown.note;
  answer.replaceChildren(...(shown.answer ? coloured(JSON.stringify(shown.answer, null, 2)) : []));
}

/** update changes a sheet, and what is seen of it if it is shown. */
function update(sheet, changes) {
  Object.assign(sheet, changes);
  refresh();
}

async function runShown() {
  const sheet = shown;
  if (sheet.stop) return sheet.stop();
  if (sheet.asking) return;
  update(sheet, { asking: true, note: 'asking…' });
  try {
    const request = { query: sheet.query, variables: fill(parsed(sheet.variables)) };
    const headers = await authorization();
    if (/^\s*subscription\b/m.test(sheet.query)) follow(sheet, request, headers);
    else await ask(sheet, request, headers);
  } catch (error) {
    update(sheet, { answer: failure(error.message), note: 'not sent' });
  }
  update(sheet, { asking: false });
}

function parsed(text) {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The variables are not JSON: ${error.message}`);
  }
}

async function ask(sheet, request, headers) {
  const { answer, status, millis, bytes } = await post(request, headers);
  learn(answer);
  update(sheet, { answer, note: `${status || 'no answer'} · ${millis} ms · ${(bytes / 1000).toFixed(1)} kB` });
}

function follow(sheet, request, headers) {
  let events = 0;
  const said = () => `${events} ${events === 1 ? 'event' : 'events'}`;
  sheet.stop = subscribe(
    request,
    headers,
    (answer) => {
      learn(answer);
      events += answer.data ? 1 : 0;
      update(sheet, { answer, note: `${said()}, listening` });
    },
    (reason) => update(sheet, { stop: null, note: `${said()}, ${reason}` }),
  );
  update(sheet, { answer: null, note: 'listening' });
}

/** coloured splits JSON into text and spans. */
function coloured(json) {
  const parts = json.split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*)/);
  return parts.map((part, i) => {
    if (i % 2 === 0) return part;
    const kind = part.endsWith(':') ? 'key' : part.startsWith('"') ? 'string' : 'other';
    return element('span', { className: kind }, part);
  });
}

query.oninput = () => (shown.query = query.value);
variables.oninput = () => (shown.variables = variables.value);
at('ask').onsubmit = (event) => {
  event.preventDefault();
  runShown();
};
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    runShown();
  }
});
at('tabs').onkeydown = ({ key }) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (!step) return;
  const next = (sheets.indexOf(shown) + step + sheets.length) % sheets.length;
  show(sheets[next]);
  tabs[next].focus();
};

showBar(at('bar'));
at('tabs').append(...tabs);
show(shown);
