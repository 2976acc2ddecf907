// Who is signed in. Known to this browser tab only, and gone with it.

import { post } from './graph.js';

const key = 'cartograph.session';
const tokens = 'session { accessToken accessTokenExpiresAt refreshToken } userErrors { message }';
const listeners = new Set();
let session = JSON.parse(sessionStorage.getItem(key));
let refreshing = null;

/** current is {name, guest} or null; a program's has a key instead of tokens. */
export const current = () => session;

/** onChange calls listener whenever somebody else is signed in. */
export const onChange = (listener) => listeners.add(listener);

export async function signIn(person) {
  // A guest's token carries the guest's cart into the account.
  const headers = session?.guest ? await authorization() : {};
  const answer = await ask(
    `mutation SignIn($input: UserLoginInput!) { payload: userLogin(input: $input) { ${tokens} } }`,
    { input: { email: person.email, password: person.password } },
    headers,
  );
  become({ ...answer, name: person.name, guest: false });
}

export async function startGuest() {
  const answer = await ask(`mutation GuestSession { payload: guestSessionCreate { ${tokens} } }`);
  become({ ...answer, name: 'a guest', guest: true });
}

/** actAs sends a program's API key from now on. */
export async function actAs({ name, key }) {
  if (session && !session.key) await signOut();
  become({ name, key, guest: false });
}

/** signOut forgets the tokens here even if the server cannot be told. */
export async function signOut() {
  const headers = await authorization().catch(() => ({}));
  const hadKey = Boolean(session?.key);
  become(null);
  if (hadKey) return;
  await post({ query: 'mutation SignOut { sessionRevoke { userErrors { message } } }' }, headers);
}

/** authorization is the header to send: {} for nobody. It renews a token that is about to end. */
export async function authorization() {
  if (session?.key) return { 'X-API-Key': session.key };
  if (session && Date.parse(session.accessTokenExpiresAt) - Date.now() < 30_000) {
    refreshing ??= refresh().finally(() => (refreshing = null));
    await refreshing;
  }
  return session ? { Authorization: `Bearer ${session.accessToken}` } : {};
}

async function refresh() {
  const { name, guest, refreshToken } = session;
  try {
    const answer = await ask(
      `mutation Refresh($token: String!) { payload: sessionRefresh(refreshToken: $token) { ${tokens} } }`,
      { token: refreshToken },
    );
    keep({ ...answer, name, guest });
  } catch (error) {
    become(null);
    throw new Error(`The session has ended: ${error.message} Sign in again.`);
  }
}

async function ask(query, variables, headers) {
  const { answer } = await post({ query, variables }, headers);
  const payload = answer.data?.payload;
  if (!payload?.session) {
    throw new Error((payload?.userErrors?.[0] ?? answer.errors?.[0])?.message ?? 'The server gave no session.');
  }
  return payload.session;
}

function become(next) {
  keep(next);
  for (const listener of listeners) listener(next);
}

function keep(next) {
  session = next;
  if (next) sessionStorage.setItem(key, JSON.stringify(next));
  else sessionStorage.removeItem(key);
}
