// Execution details of the latest run of each tab.

const byTab = new Map();
const listeners = new Set();
let active = '';

/** show sets the active tab, to which the next runs belong. */
export function show(id) {
  active = id;
}

/** of returns the details of a tab's latest run, or undefined. */
export const of = (id) => byTab.get(id);

export function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** begin returns a function that stores the details of a new run. */
export function begin() {
  const id = active;
  const set = (details) => {
    byTab.set(id, details);
    listeners.forEach((listener) => listener());
  };
  set(undefined);
  return set;
}

/** split removes this page's extensions from an answer and returns both; cost and plan of a refused operation are in its error. */
export function split(answer) {
  const { cost, plan, trace, ...others } = answer?.extensions ?? {};
  const { extensions, ...plain } = answer;
  if (Object.keys(others).length > 0) plain.extensions = others;
  const refused = answer?.errors?.find((error) => error.extensions?.cost)?.extensions;
  if (refused?.plan) {
    const withoutPlan = ({ plan: _, ...rest }) => rest;
    plain.errors = answer.errors.map((error) => (error.extensions?.plan ? { ...error, extensions: withoutPlan(error.extensions) } : error));
  }
  return { plain, extensions: { cost: cost ?? refused?.cost, plan: plan ?? refused?.plan, trace } };
}
