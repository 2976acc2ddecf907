// Searches the guide and the reference together: names first, then descriptions.

const at = (id) => document.getElementById(id);
const [field, found, contents, count] = ['search', 'found', 'contents', 'count'].map(at);
const most = 60; // results shown

// The index is loaded with the first search, once.
let index = null;
const load = () => (index ??= fetch('/docs/index.json').then((response) => response.json()).then((places) => places.map(indexed)));

const indexed = (place) => ({ ...place, words: `${place.id} ${place.text} ${place.more}`.toLowerCase() });

/** rank is lower for better matches; Infinity is none. */
function rank({ id, name, words }, wanted) {
  const [low, whole] = [name.toLowerCase(), id.toLowerCase()];
  if (low === wanted || whole === wanted) return 0;
  if (low.startsWith(wanted)) return 1;
  if (whole.includes(wanted)) return 2;
  return wanted.split(/\s+/).every((word) => words.includes(word)) ? 3 : Infinity;
}

async function search() {
  const typed = field.value;
  const wanted = typed.trim().toLowerCase();
  found.hidden = wanted === '';
  contents.hidden = wanted !== '';
  if (wanted === '') {
    count.textContent = '';
    found.replaceChildren();
    return;
  }
  let places;
  try {
    places = await load();
  } catch {
    index = null; // the next search tries again
    count.textContent = 'The search index could not be loaded';
    return;
  }
  if (field.value !== typed) return; // a later search has started
  const hits = places
    .map((place) => ({ place, rank: rank(place, wanted) }))
    .filter((hit) => hit.rank < Infinity)
    .sort((a, b) => a.rank - b.rank);
  count.textContent = hits.length === 0 ? 'Nothing found' : `${hits.length} found${hits.length > most ? `, the first ${most} shown` : ''}`;
  found.replaceChildren(...hits.slice(0, most).map(({ place }) => result(place)));
}

function result({ href, id, text, kind }) {
  const link = Object.assign(document.createElement('a'), { href });
  const detail = kind === 'guide' ? `Guide. ${text}` : text || kind;
  link.append(id, Object.assign(document.createElement('small'), { textContent: detail.slice(0, 160) }));
  const item = document.createElement('li');
  item.append(link);
  return item;
}

field.addEventListener('input', search);
field.addEventListener('focus', () => load().catch(() => (index = null)));
document.addEventListener('keydown', (event) => {
  const links = [...found.querySelectorAll('a')];
  const here = links.indexOf(document.activeElement);
  if (event.key === '/' && document.activeElement !== field) {
    field.focus();
    field.select();
  } else if (event.key === 'Escape' && !found.hidden) {
    field.value = '';
    search();
    field.focus();
  } else if (event.key === 'Enter' && document.activeElement === field && links.length > 0) {
    links[0].click();
  } else if (event.key === 'ArrowDown' && (here >= 0 || document.activeElement === field)) {
    links[here + 1]?.focus();
  } else if (event.key === 'ArrowUp' && here >= 0) {
    (links[here - 1] ?? field).focus();
  } else {
    return;
  }
  event.preventDefault();
});
search();
