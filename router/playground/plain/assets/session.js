// The session. It is kept in this browser tab and ends with it.

import { post } from './graph.js';

const key = 'cartograph.session';
const tokens = 'session { accessToken accessTokenExpiresAt refreshToken } userErrors { message }';
const listeners = new Set();
let session = JSON.parse(sessionStorage.getItem(key));
let refreshing = null;

/** current is {name, guest} or null; an API client's has a key instead of tokens. */
export const current = () => session;

/** onChange calls listener after each sign-in and sign-out. */
export const onChange = (listener) => listeners.add(listener);

export async function signIn(account) {
  // A guest's token carries the guest's cart into the account.
  const headers = session?.guest ? await authorization() : {};
  const answer = await requestSession(
    `mutation SignIn($input: UserLoginInput!) { payload: userLogin(input: $input) { ${tokens} } }`,
    { input: { email: account.email, password: account.password } },
    headers,
  );
  setSession({ ...answer, name: account.name, guest: false });
}

export async function startGuest() {
  const answer = await requestSession(`mutation GuestSession { payload: guestSessionCreate { ${tokens} } }`);
  setSession({ ...answer, name: 'a guest', guest: true });
}

/** useKey authenticates by an API key from now on. */
export async function useKey({ name, key }) {
  if (session && !session.key) await signOut();
  setSession({ name, key, guest: false });
}

/** signOut removes the tokens here even if the server is unreachable. */
export async function signOut() {
  const headers = await authorization().catch(() => ({}));
  const hadKey = Boolean(session?.key);
  setSession(null);
  if (hadKey) return;
  await post({ query: 'mutation SignOut { sessionRevoke { userErrors { message } } }' }, headers);
}

/** authorization returns the header to send, {} without a session. It refreshes a token that is about to expire. */
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
    const answer = await requestSession(
      `mutation Refresh($token: String!) { payload: sessionRefresh(refreshToken: $token) { ${tokens} } }`,
      { token: refreshToken },
    );
    store({ ...answer, name, guest });
  } catch (error) {
    setSession(null);
    throw new Error(`The session has ended: ${error.message} Sign in again.`);
  }
}

async function requestSession(query, variables, headers) {
  const { answer } = await post({ query, variables }, headers);
  const payload = answer.data?.payload;
  if (!payload?.session) {
    throw new Error((payload?.userErrors?.[0] ?? answer.errors?.[0])?.message ?? 'The server returned no session.');
  }
  return payload.session;
}

function setSession(next) {
  store(next);
  for (const listener of listeners) listener(next);
}

function store(next) {
  session = next;
  if (next) sessionStorage.setItem(key, JSON.stringify(next));
  else sessionStorage.removeItem(key);
}
