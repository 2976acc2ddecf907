package search

import (
	"slices"
	"strings"
	"unicode"
)

// queryText is a query's text in words.
type queryText struct {
	all         []spelling
	significant []int    // indexes in all: not the stop words, unless there is nothing else
	phrases     []string // lexemes of the pairs in quotation marks
	wholes      []whole
}

func parse(text string) queryText {
	var q queryText
	var fields []string
	var starts []int // of each field in all
	for part, quoted := range quotations(text) {
		var list []spelling
		for field := range strings.FieldsSeq(part) {
			fields, starts = append(fields, field), append(starts, len(q.all)+len(list))
			list = append(list, spellings(field)...)
		}
		for i := 1; quoted && i < len(list); i++ {
			q.phrases = append(q.phrases, pair(list[i-1].word, list[i].word))
		}
		q.all = append(q.all, list...)
	}
	q.wholes = wholesOf(q.all, fields, append(starts, len(q.all)))
	for i, s := range q.all {
		if !stopWords[s.word] {
			q.significant = append(q.significant, i)
		}
	}
	if len(q.significant) == 0 {
		for i := range q.all {
			q.significant = append(q.significant, i)
		}
	}
	q.significant = q.significant[:min(len(q.significant), maxWords)]
	q.phrases = q.phrases[:min(len(q.phrases), maxWords)]
	return q
}

// words are the significant ones.
func (q queryText) words() []spelling {
	list := make([]spelling, len(q.significant))
	for i, at := range q.significant {
		list[i] = q.all[at]
	}
	return list
}

const quotationMarks = "\"“”„«»"

// quotations yields the parts of a text that are in quotation marks, and those
// between them. A mark that follows a word, like that of an inch, opens nothing.
func quotations(text string) func(yield func(part string, quoted bool) bool) {
	return func(yield func(string, bool) bool) {
		for {
			open := opening(text)
			if open < 0 {
				yield(text, false)
				return
			}
			mark := len(string([]rune(text[open:])[0]))
			length := strings.IndexAny(text[open+mark:], quotationMarks)
			if length < 0 {
				yield(text, false)
				return
			}
			closing := open + mark + length
			if !yield(text[:open], false) || !yield(text[open+mark:closing], true) {
				return
			}
			text = text[closing+len(string([]rune(text[closing:])[0])):]
		}
	}
}

func opening(text string) int {
	previous := ' '
	for at, r := range text {
		if strings.ContainsRune(quotationMarks, r) && !unicode.IsLetter(previous) && !unicode.IsNumber(previous) {
			return at
		}
		previous = r
	}
	return -1
}

// Synonyms are groups of words, or of several words each, that find each other.
// The zero value and nil have none.
type Synonyms struct {
	groups  [][][]spelling
	groupOf map[string][]int // by the key of a phrase
	longest int              // words of a phrase
}

// NewSynonyms returns the groups, each of which has phrases that mean the same.
func NewSynonyms(groups [][]string) *Synonyms {
	s := &Synonyms{groupOf: map[string][]int{}}
	for _, group := range groups {
		var phrases [][]spelling
		for _, phrase := range group {
			words := parse(phrase).words()
			if len(words) == 0 {
				continue
			}
			for _, key := range phraseKeys(words) {
				if !slices.Contains(s.groupOf[key], len(s.groups)) {
					s.groupOf[key] = append(s.groupOf[key], len(s.groups))
				}
			}
			phrases, s.longest = append(phrases, words), max(s.longest, len(words))
		}
		s.groups = append(s.groups, phrases)
	}
	return s
}

// phraseKeys are the stems of a phrase's words in English and in German, so that
// any form of the words has the synonyms.
func phraseKeys(words []spelling) []string {
	var english, german []string
	for _, w := range words {
		both := stems(w.word)
		english, german = append(english, both[0]), append(german, both[len(both)-1])
	}
	return []string{strings.Join(english, " "), strings.Join(german, " ")}
}

// in returns the parts of a query that have synonyms: the longest at each place.
func (s *Synonyms) in(words []*queryWord) []span {
	if s == nil || len(s.groups) == 0 {
		return nil
	}
	var spans []span
	for i := 0; i < len(words); i++ {
		for n := min(s.longest, len(words)-i); n > 0; n-- {
			if found := s.of(words[i : i+n]); len(found) > 0 {
				spans = append(spans, span{words[i : i+n], found})
				i += n - 1
				break
			}
		}
	}
	return spans
}

func (s *Synonyms) of(words []*queryWord) [][]spelling {
	phrase := make([]spelling, len(words))
	for i, w := range words {
		phrase[i] = w.spelling
	}
	var found [][]spelling
	own := phraseKeys(phrase)
	for _, key := range slices.Compact(own) {
		for _, g := range s.groupOf[key] {
			for _, other := range s.groups[g] {
				if phraseKeys(other)[0] != own[0] && len(found) < maxSynonyms {
					found = append(found, other)
				}
			}
		}
	}
	return found
}

// maxSynonyms bounds the alternatives of one phrase.
const maxSynonyms = 20

// maxWords bounds the words of a query that are searched for.
const maxWords = 10

// slack is the number of typos that are corrected in a word. Short words are
// not corrected: too many others are similar.
func slack(word string) int {
	switch n := len([]rune(word)); {
	case n < 4:
		return 0
	case n < 5:
		return 1
	default:
		return 2
	}
}
