// GraphiQL's storage. Preferences are kept in localStorage; operations and
// variables, which may hold personal data, only in the tab's sessionStorage.

const lasting = /^graphiql:(theme|.*Flex|visiblePlugin)$/;
const place = (key) => (lasting.test(key) ? localStorage : sessionStorage);

export const storage = {
  getItem: (key) => place(key).getItem(key),
  setItem: (key, value) => place(key).setItem(key, value),
  removeItem: (key) => place(key).removeItem(key),
  clear() {
    for (const store of [localStorage, sessionStorage]) {
      for (const key of Object.keys(store)) if (key.startsWith('graphiql:')) store.removeItem(key);
    }
  },
  get length() {
    return Object.keys(localStorage).length + Object.keys(sessionStorage).length;
  },
};
