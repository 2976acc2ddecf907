package product

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/search"
	"cartograph/internal/search/postgres"
	"cartograph/internal/wakeup"
)

const (
	maxSynonymGroups = 500
	maxSynonymTerms  = 20
	maxSynonymLength = 60          // characters of a term
	synonymPoll      = time.Second // finds what another replica stored
)

// SynonymGroup is words, or several words each, that find each other.
type SynonymGroup struct{ Terms []string }

// Synonyms are all groups.
func (s *Service) Synonyms(ctx context.Context) ([]*SynonymGroup, error) {
	groups, err := postgres.ReadSynonyms(ctx, s.pool)
	return synonymGroups(groups), err
}

func synonymGroups(groups [][]string) []*SynonymGroup {
	all := make([]*SynonymGroup, len(groups))
	for i, terms := range groups {
		all[i] = &SynonymGroup{terms}
	}
	return all
}

// SetSynonyms replaces all groups. Searches of this replica have them at once, those
// of others within a second.
func (s *Service) SetSynonyms(ctx context.Context, given []*SynonymGroup) ([]*SynonymGroup, error) {
	groups, err := checkSynonyms(given)
	if err != nil {
		return nil, err
	}
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		before, err := postgres.ReplaceSynonyms(ctx, tx, groups)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.SynonymsSet, "search", audit.Values{"groups": before}, audit.Values{"groups": groups})
	})
	if err != nil {
		return nil, wrap("set synonyms", err)
	}
	s.synonyms.Store(synonymsOf(groups))
	return synonymGroups(groups), nil
}

// synonyms are all groups as searches use them, and as they are compared.
type synonyms struct {
	groups string
	*search.Synonyms
}

func synonymsOf(groups [][]string) *synonyms {
	return &synonyms{fmt.Sprintf("%q", groups), search.NewSynonyms(groups)}
}

// forSearch are the synonyms that searches use; nil until they are read.
func (s *Service) forSearch() *search.Synonyms {
	if current := s.synonyms.Load(); current != nil {
		return current.Synonyms
	}
	return nil
}

func checkSynonyms(given []*SynonymGroup) ([][]string, error) {
	if len(given) > maxSynonymGroups {
		return nil, fault.Localized(fault.Invalid, "product.synonym_groups", message.Args{"limit": maxSynonymGroups}).At("groups")
	}
	groups := make([][]string, len(given))
	for i, g := range given {
		for _, term := range g.Terms {
			term = strings.Join(strings.Fields(term), " ")
			if !utf8.ValidString(term) || utf8.RuneCountInString(term) > maxSynonymLength || !search.HasWords(term) || strings.Contains(term, "\x00") {
				return nil, fault.Localized(fault.Invalid, "product.synonym_term", message.Args{"limit": maxSynonymLength}).At("groups", strconv.Itoa(i), "terms")
			}
			groups[i] = append(groups[i], term)
		}
		if n := len(groups[i]); n < 2 || n > maxSynonymTerms {
			return nil, fault.Localized(fault.Invalid, "product.synonym_count", message.Args{"limit": maxSynonymTerms}).At("groups", strconv.Itoa(i), "terms")
		}
	}
	return groups, nil
}

// RunSynonyms keeps the synonyms of searches current until ctx ends. It compares with
// what searches use: of two changes at once, the later one may be stored there first.
func (s *Service) RunSynonyms(ctx context.Context) error {
	for ctx.Err() == nil {
		groups, err := postgres.ReadSynonyms(ctx, s.pool)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "read of synonyms failed, retrying", "err", err)
		}
		if now := s.synonyms.Load(); err == nil && (now == nil || now.groups != fmt.Sprintf("%q", groups)) {
			s.synonyms.Store(synonymsOf(groups))
		}
		wakeup.Sleep(ctx, synonymPoll)
	}
	return nil
}
