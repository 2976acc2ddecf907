// The bar on top of both pages: links, and the demo accounts.

import { apiClients, demoAccounts, version } from './settings.js';
import { useKey, current, onChange, signIn, signOut, startGuest } from './session.js';

/** element makes an element with properties and children. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** showBar fills root, which may have the page's heading. */
export function showBar(root) {
  root.className = 'bar';
  root.replaceChildren(
    element('img', { src: new URL('./icon.svg', import.meta.url).href, alt: '', width: 24, height: 24 }),
    element('h1', {}, 'Cartograph ', element('span', { className: 'bar-page' }, 'playground')),
    element('span', { className: 'bar-version' }, version),
    element('a', { href: '/docs', target: '_blank', title: 'Documentation of every type and field' }, 'Reference'),
    element('a', { href: '/schema.graphql', download: 'schema.graphql', title: 'The client schema as SDL' }, 'Schema file'),
  );
  if (demoAccounts.length + apiClients.length === 0) return;
  const problem = element('span', { className: 'bar-problem', role: 'alert' });
  const status = element('span', { className: 'bar-status', role: 'status' });
  const guarded = (action) => async () => {
    root.setAttribute('aria-busy', 'true');
    problem.textContent = '';
    try {
      await action();
    } catch (error) {
      problem.textContent = error.message;
    }
    root.removeAttribute('aria-busy');
  };
  const names = [...demoAccounts, ...apiClients].map(({ name }) => name);
  const buttons = [
    ...demoAccounts.map((account) => accountButton(account, guarded(() => signIn(account)))),
    ...apiClients.map((client) => clientButton(client, guarded(() => useKey(client)))),
  ];
  const guest = element('button', { type: 'button', onclick: guarded(startGuest) }, 'Guest session');
  const out = element('button', { type: 'button', onclick: guarded(signOut) }, 'Sign out');
  const group = element('span', { className: 'bar-accounts', role: 'group' }, ...buttons);
  group.setAttribute('aria-label', 'Demo accounts');
  root.append(problem, element('span', { className: 'bar-space' }), status, group, guest, out);
  const show = () => {
    const session = current();
    status.textContent = session ? `Signed in as ${session.name}` : 'Demo accounts';
    guest.hidden = session !== null || demoAccounts.length === 0;
    out.hidden = session === null;
    buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(session?.name === names[i])));
  };
  onChange(show);
  show();
}

function accountButton({ name, email, role }, onclick) {
  const button = element('button', { type: 'button', title: email, onclick }, name, ' ', element('small', {}, role));
  button.setAttribute('aria-label', `Sign in as ${name}, ${role}`);
  return button;
}

function clientButton({ name }, onclick) {
  const button = element('button', { type: 'button', title: 'An API client', onclick }, name, ' ', element('small', {}, 'API key'));
  button.setAttribute('aria-label', `Use the API key of ${name}`);
  return button;
}
