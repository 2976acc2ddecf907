// The bar on top of both pages: what this is, and who is signed in.

import { partners, people, version } from './settings.js';
import { actAs, current, onChange, signIn, signOut, startGuest } from './session.js';

/** element makes an element with properties and children. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** showBar fills root. */
export function showBar(root) {
  root.className = 'bar';
  root.append(
    element('img', { src: new URL('./icon.svg', import.meta.url).href, alt: '', width: 24, height: 24 }),
    element('strong', {}, 'Cartograph'),
    element('span', { className: 'bar-version' }, version),
    element('a', { href: '/docs', target: '_blank', title: 'Every type and field, with what they mean' }, 'Reference'),
    element('a', { href: '/schema.graphql', download: 'schema.graphql', title: 'The schema as clients see it, for their tools' }, 'Schema file'),
  );
  if (people.length + partners.length === 0) return;
  const trouble = element('span', { className: 'bar-trouble', role: 'alert' });
  const who = element('span', { className: 'bar-who', role: 'status' });
  const doing = (action) => async () => {
    root.setAttribute('aria-busy', 'true');
    trouble.textContent = '';
    try {
      await action();
    } catch (error) {
      trouble.textContent = error.message;
    }
    root.removeAttribute('aria-busy');
  };
  const names = [...people, ...partners].map(({ name }) => name);
  const buttons = [
    ...people.map((person) => personButton(person, doing(() => signIn(person)))),
    ...partners.map((partner) => partnerButton(partner, doing(() => actAs(partner)))),
  ];
  const guest = element('button', { type: 'button', onclick: doing(startGuest) }, 'Guest session');
  const out = element('button', { type: 'button', onclick: doing(signOut) }, 'Sign out');
  const group = element('span', { className: 'bar-people', role: 'group' }, ...buttons);
  group.setAttribute('aria-label', 'Sign in as');
  root.append(trouble, element('span', { className: 'bar-space' }), who, group, guest, out);
  const show = () => {
    const session = current();
    who.textContent = session ? `Signed in as ${session.name}` : 'Sign in as';
    guest.hidden = session !== null || people.length === 0;
    out.hidden = session === null;
    buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(session?.name === names[i])));
  };
  onChange(show);
  show();
}

function personButton({ name, email, role }, onclick) {
  const button = element('button', { type: 'button', title: email, onclick }, name, ' ', element('small', {}, role));
  button.setAttribute('aria-label', `Sign in as ${name}, ${role}`);
  return button;
}

function partnerButton({ name }, onclick) {
  const button = element('button', { type: 'button', title: 'A program with an API key', onclick }, name, ' ', element('small', {}, 'API key'));
  button.setAttribute('aria-label', `Act as ${name}, with an API key`);
  return button;
}
