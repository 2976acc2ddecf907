// The plain page: examples as tabs, an editor, and the answer.

import { element, showBar } from './bar.js';
import { fill, record } from './placeholders.js';
import { failure, post } from './graph.js';
import { authorization } from './session.js';
import { operations, titleOf } from './settings.js';
import { subscribe } from './socket.js';

const at = (id) => document.getElementById(id);
const [query, variables, run, answer, note] = ['query', 'variables', 'run', 'answer', 'note'].map(at);

// A sheet is the content of a tab. Its subscription continues while another is shown.
const sheets = operations.map((op) => ({ ...op, answer: null, note: 'Ctrl-Enter to run', stop: null, pending: false }));
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
  run.disabled = shown.pending;
  note.textContent = shown.note;
  answer.replaceChildren(...(shown.answer ? coloured(JSON.stringify(shown.answer, null, 2)) : []));
}

/** update changes a sheet and redraws it. */
function update(sheet, changes) {
  Object.assign(sheet, changes);
  refresh();
}

async function runShown() {
  const sheet = shown;
  if (sheet.stop) return sheet.stop();
  if (sheet.pending) return;
  update(sheet, { pending: true, note: 'running…' });
  try {
    const request = { query: sheet.query, variables: fill(parsed(sheet.variables)) };
    const headers = await authorization();
    if (/^\s*subscription\b/m.test(sheet.query)) follow(sheet, request, headers);
    else await send(sheet, request, headers);
  } catch (error) {
    update(sheet, { answer: failure(error.message), note: 'not sent' });
  }
  update(sheet, { pending: false });
}

function parsed(text) {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The variables are not JSON: ${error.message}`);
  }
}

async function send(sheet, request, headers) {
  const { answer, status, millis, bytes } = await post(request, headers);
  record(answer);
  update(sheet, { answer, note: `${status || 'no response'} · ${millis} ms · ${(bytes / 1000).toFixed(1)} kB` });
}

function follow(sheet, request, headers) {
  let events = 0;
  const count = () => `${events} ${events === 1 ? 'event' : 'events'}`;
  sheet.stop = subscribe(
    request,
    headers,
    (answer) => {
      record(answer);
      events += answer.data ? 1 : 0;
      update(sheet, { answer, note: `${count()}, listening` });
    },
    (reason) => update(sheet, { stop: null, note: `${count()}, ${reason}` }),
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
at('operation').onsubmit = (event) => {
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
