// What the router told about the latest run of each tab.

const byTab = new Map();
const listeners = new Set();
let active = '';

/** show makes id the tab that runs from now on are noted for. */
export function show(id) {
  active = id;
}

/** of is what is known of a tab's latest run, or undefined. */
export const of = (id) => byTab.get(id);

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** begin returns a function that notes how a run that begins now went. */
export function begin() {
  const id = active;
  const set = (insight) => {
    byTab.set(id, insight);
    listeners.forEach((listener) => listener());
  };
  set(undefined);
  return set;
}

/** split takes what is meant for this page out of an answer's extensions. */
export function split(answer) {
  const { cost, plan, trace, ...others } = answer?.extensions ?? {};
  const { extensions, ...plain } = answer;
  if (Object.keys(others).length > 0) plain.extensions = others;
  return { plain, told: { cost, plan, trace } };
}
