// Where GraphiQL remembers. How the page looks is kept for good; what was
// written, which may hold anything, goes with the browser's tab.

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
