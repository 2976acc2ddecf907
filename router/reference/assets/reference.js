// Searches the page: names first, then what is said of them.

const at = (id) => document.getElementById(id);
const [field, found, contents, count] = ['search', 'found', 'contents', 'count'].map(at);
const most = 60; // results shown

// What can be found, in the order of the page: chapters of the guide by their
// links, which carry the text, then types and fields.
const chapters = [...contents.querySelectorAll('a[data-text]')].map((link) => {
  const [name, text] = [link.textContent, link.dataset.text];
  return { href: link.getAttribute('href'), id: name, name, words: `${name} ${text}`.toLowerCase(), said: text.slice(0, 160), kind: 'guide' };
});
const entries = [...document.querySelectorAll('article[id], .fields > div[id]')].map((place) => {
  const said = (place.matches('article') ? place.querySelector(':scope > p') : place.querySelector('dd p'))?.textContent ?? '';
  const name = place.id.split('.').at(-1);
  return { href: `#${place.id}`, id: place.id, name, words: `${place.id} ${said}`.toLowerCase(), said, kind: place.dataset.kind ?? 'field' };
});
const index = [...chapters, ...entries];

/** rank is lower for better matches; Infinity is none. */
function rank({ id, name, words }, wanted) {
  const [low, whole] = [name.toLowerCase(), id.toLowerCase()];
  if (low === wanted || whole === wanted) return 0;
  if (low.startsWith(wanted)) return 1;
  if (whole.includes(wanted)) return 2;
  return wanted.split(/\s+/).every((word) => words.includes(word)) ? 3 : Infinity;
}

function search() {
  const wanted = field.value.trim().toLowerCase();
  found.hidden = wanted === '';
  contents.hidden = wanted !== '';
  if (wanted === '') {
    count.textContent = '';
    found.replaceChildren();
    return;
  }
  const hits = index
    .map((place) => ({ place, rank: rank(place, wanted) }))
    .filter((hit) => hit.rank < Infinity)
    .sort((a, b) => a.rank - b.rank);
  count.textContent = hits.length === 0 ? 'Nothing found' : `${hits.length} found${hits.length > most ? `, the first ${most} shown` : ''}`;
  found.replaceChildren(...hits.slice(0, most).map(({ place }) => result(place)));
}

function result({ href, id, said, kind }) {
  const link = Object.assign(document.createElement('a'), { href });
  link.append(id, Object.assign(document.createElement('small'), { textContent: said || kind }));
  const item = document.createElement('li');
  item.append(link);
  return item;
}

field.addEventListener('input', search);
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
