package search

import (
	"fmt"
	"slices"
)

// A query's words are read by what documents contain. For each word the reading
// has the alternatives that match it:
//
//   - its stem, in the query's language or else in the other one;
//   - the compound with the word beside it: "head phones" finds "headphones";
//   - words that begin with it, where its stem is unknown, or where it is still
//     being typed;
//   - where all of these are unknown, the two words that it consists of, if a
//     document has both ("floorlamp" finds "floor lamp"), or else compounds that
//     end with it, or else the most similar words, which is reported as a
//     correction, or else the longest known word that it ends with, reported too: in
//     a compound that names the thing ("Kochmesser" is a "Messer"). Only titles,
//     brands, categories and keywords are searched for it.
//
// Documents must match all words. If no document does, whatever the filters,
// they must match at least half of them. The filters have no influence because
// counts of facets are made under different filters and must agree.

// lexemes are the candidates of a reading as columns: for the word with the
// number n, counted from 1.
type lexemes struct {
	n, tier []int
	lexeme  []string
}

func (l *lexemes) add(n, tier int, list ...string) {
	for _, lexeme := range list {
		l.n, l.tier, l.lexeme = append(l.n, n), append(l.tier, tier), append(l.lexeme, lexeme)
	}
}

// ownStems are the stems of each word. Tier 0 is used if documents contain any
// of it, and else tier 1. English queries try German last, because the German
// stemmer cuts English words short: "speaker" becomes "speak".
func ownStems(queryWords []spelling, language string) (l lexemes) {
	tierOfGerman := 1
	if language == "de" {
		tierOfGerman = 0
	}
	for i, w := range queryWords {
		for j, lexeme := range w.stems() {
			l.add(i+1, j%2*tierOfGerman, lexeme)
		}
	}
	return l
}

// compoundStems are the stems of each pair of neighbours written as one word;
// they match both.
func compoundStems(queryWords []spelling) (l lexemes) {
	for i := range len(queryWords) - 1 {
		for _, lexeme := range stems(queryWords[i].word + queryWords[i+1].word) {
			l.add(i+1, 0, lexeme)
			l.add(i+2, 0, lexeme)
		}
	}
	return l
}

// heads are the stems of what each word ends with, the longest in the first tier,
// and that ending itself in the list endings.
func heads(queryWords []spelling) (l lexemes, endings []string) {
	for i, w := range queryWords {
		for at := range w.word { // at rune boundaries
			if at >= minSplit && len(w.word)-at >= minHead {
				both := stems(w.word[at:])
				l.add(i+1, at, both...)
				endings = append(endings, slices.Repeat([]string{w.word[at:]}, len(both))...)
			}
		}
	}
	return l, endings
}

// splits are the pairs of words that each word may consist of, as stems of one
// language: the first part in lexeme, the second in the list seconds.
func splits(queryWords []spelling) (firsts lexemes, seconds []string) {
	for i, w := range queryWords {
		for at := range w.word { // at rune boundaries
			if at < minSplit || len(w.word)-at < minSplit {
				continue
			}
			firsts.add(i+1, 0, stems(w.word[:at])...)
			seconds = append(seconds, stems(w.word[at:])...)
		}
	}
	return firsts, seconds
}

// reading is the part of a statement that reads the query's words. The row of
// the relation "reading" has the query for documents, whether it is partial,
// which is the case if no document matches all words, the queries of each word,
// and the corrected text, or null.
func (s *statement) reading() string {
	texts, slacks, typing := make([]string, len(s.words)), make([]int, len(s.words)), make([]bool, len(s.words))
	for i, w := range s.words {
		texts[i], slacks[i] = w.word, slack(w.word)
		typing[i] = s.query.Typing && i == len(s.words)-1
	}
	own, compounds := ownStems(s.words, s.query.Language), compoundStems(s.words)
	firsts, seconds := splits(s.words)
	ends, endings := heads(s.words)
	return fmt.Sprintf(`
read_words AS MATERIALIZED (
    SELECT a.n, a.word, coalesce(near.words[1], head.word) AS corrected,
           coalesce(nullif(concat_ws('|', own.q, compound.q, beginning.q, split.q, ending.q, '''' || array_to_string(near.words, '''|''') || '''', head.q), ''),
                    '''' || a.word || '''') AS q
    FROM unnest(%[1]s::text[], %[2]s::int[], %[3]s::bool[]) WITH ORDINALITY AS a (word, slack, typing, n)
    LEFT JOIN LATERAL (
        SELECT '''' || string_agg(c.lexeme, '''|''') || '''' AS q
        FROM unnest(%[4]s::int[], %[5]s::int[], %[6]s::text[]) AS c (n, tier, lexeme)
        JOIN search_words w ON w.word = c.lexeme AND w.documents > 0
        WHERE c.n = a.n GROUP BY c.tier ORDER BY c.tier LIMIT 1
    ) AS own ON true
    LEFT JOIN LATERAL (
        SELECT '''' || string_agg(c.lexeme, '''|''') || '''' AS q
        FROM unnest(%[7]s::int[], %[8]s::text[]) AS c (n, lexeme)
        JOIN search_words w ON w.word = c.lexeme AND w.documents > 0
        WHERE c.n = a.n
    ) AS compound ON true
    LEFT JOIN LATERAL (
        SELECT '''' || a.word || ''':*' AS q FROM search_words w
        WHERE (a.typing OR own.q IS NULL) AND length(a.word) > 1
          AND w.word >= a.word AND w.word < a.word || U&'\+10FFFF' AND w.documents > 0 LIMIT 1
    ) AS beginning ON true
    LEFT JOIN LATERAL (
        SELECT string_agg('''' || c.first || '''&''' || c.second || '''', '|') AS q
        FROM unnest(%[9]s::int[], %[10]s::text[], %[11]s::text[]) AS c (n, first, second)
        WHERE c.n = a.n AND coalesce(own.q, compound.q, beginning.q) IS NULL
          AND EXISTS (SELECT FROM search_words w WHERE w.word = c.first AND w.documents > 0)
          AND EXISTS (SELECT FROM search_words w WHERE w.word = c.second AND w.documents > 0)
          AND EXISTS (SELECT FROM search_documents d WHERE d.tsv @@ ('''' || c.first || '''&''' || c.second || '''')::tsquery)
    ) AS split ON true
    LEFT JOIN LATERAL (
        SELECT '''' || string_agg(e.word, '''|''') || '''' AS q FROM (
            SELECT w.word FROM search_words w
            WHERE coalesce(own.q, compound.q, beginning.q, split.q) IS NULL AND length(a.word) > 3
              AND w.word LIKE '%%' || a.word AND w.documents > 0 AND NOT starts_with(w.word, '~')
            ORDER BY w.documents DESC, w.word LIMIT 10
        ) AS e
    ) AS ending ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(word ORDER BY distance, documents DESC, word) AS words FROM (
            SELECT w.word, w.documents, levenshtein(w.word, a.word) AS distance FROM search_words w
            WHERE coalesce(own.q, compound.q, beginning.q, split.q, ending.q) IS NULL
              AND w.word %% a.word AND w.documents > 0 AND NOT starts_with(w.word, '~')
              AND levenshtein_less_equal(w.word, a.word, a.slack) <= a.slack
            ORDER BY distance, documents DESC, word LIMIT 3
        ) AS candidates
    ) AS near ON true
    LEFT JOIN LATERAL (
        SELECT '''' || string_agg(c.lexeme, ''':AB|''') || ''':AB' AS q, min(c.ending) AS word
        FROM unnest(%[13]s::int[], %[14]s::int[], %[15]s::text[], %[16]s::text[]) AS c (n, tier, lexeme, ending)
        JOIN search_words w ON w.word = c.lexeme AND w.documents > 0
        WHERE c.n = a.n AND near.words IS NULL AND coalesce(own.q, compound.q, beginning.q, split.q, ending.q) IS NULL
        GROUP BY c.tier ORDER BY c.tier LIMIT 1
    ) AS head ON true
), read_text AS MATERIALIZED (
    SELECT string_agg('(' || q || ')', '&' ORDER BY n)::tsquery AS all_words, string_agg('(' || q || ')', '|' ORDER BY n)::tsquery AS any_word,
           array_agg(q::tsquery ORDER BY n) AS each_word,
           CASE WHEN bool_or(corrected IS NOT NULL) THEN string_agg(coalesce(corrected, word), ' ' ORDER BY n) END AS corrected
    FROM read_words
), %[12]s, reading AS MATERIALIZED (
    SELECT CASE WHEN complete.found THEN all_words ELSE any_word END AS q, NOT complete.found AS partial, each_word, corrected
    FROM read_text, complete
)`, s.arg(texts), s.arg(slacks), s.arg(typing),
		s.arg(own.n), s.arg(own.tier), s.arg(own.lexeme), s.arg(compounds.n), s.arg(compounds.lexeme),
		s.arg(firsts.n), s.arg(firsts.lexeme), s.arg(seconds), s.complete(),
		s.arg(ends.n), s.arg(ends.tier), s.arg(ends.lexeme), s.arg(endings))
}

// complete is the relation that has whether any document matches all words. Its
// scan is a relation of its own, so that the planner uses the index of words.
func (s *statement) complete() string {
	if len(s.words) == 1 {
		return "complete AS (SELECT true AS found)"
	}
	return `complete_documents AS MATERIALIZED (
    SELECT d.id FROM search_documents d WHERE d.tsv @@ (SELECT all_words FROM read_text)
), complete AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM complete_documents) AS found
)`
}

// matchesWords are the conditions for a document d to match the query's words.
func (s *statement) matchesWords() []string {
	if len(s.words) == 0 {
		return nil
	}
	conditions := []string{"d.tsv @@ (SELECT q FROM reading)"}
	if least := (len(s.words) + 1) / 2; least > 1 {
		conditions = append(conditions, fmt.Sprintf("(NOT (SELECT partial FROM reading) OR %s >= %d)", matchedWords, least))
	}
	return slices.Clip(conditions)
}

// matchedWords is the number of the query's words that a document d matches.
const matchedWords = "(SELECT count(*) FROM unnest((SELECT each_word FROM reading)) AS e (q) WHERE d.tsv @@ e.q)"
