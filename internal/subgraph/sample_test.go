package subgraph_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/subgraph/internal/sample/graph/gen"
	"cartograph/internal/subgraph/subgraphtest"
)

// resolvers answer the sample graph.
type resolvers struct{}

func sample() graphql.ExecutableSchema {
	return gen.NewExecutableSchema(gen.Config{Resolvers: resolvers{}})
}

func serve(t *testing.T) *subgraphtest.Server {
	t.Helper()
	return subgraphtest.Serve(t, sample())
}

var anonymous = auth.Actor{Kind: auth.Anonymous}

func (r resolvers) Query() gen.QueryResolver               { return r }
func (r resolvers) Mutation() gen.MutationResolver         { return r }
func (r resolvers) Subscription() gen.SubscriptionResolver { return r }
func (r resolvers) Entity() gen.EntityResolver             { return r }
func (r resolvers) Shelf() gen.ShelfResolver               { return slow{} }
func (r resolvers) Box() gen.BoxResolver                   { return slowBox{} }

func (resolvers) DateTime(_ context.Context, v time.Time) (*time.Time, error) { return &v, nil }
func (resolvers) Decimal(_ context.Context, v string) (string, error)         { return v, nil }
func (resolvers) Long(_ context.Context, v int64) (int64, error)              { return v, nil }
func (resolvers) Currency(_ context.Context, v string) (string, error)        { return v, nil }
func (resolvers) Country(_ context.Context, v string) (string, error)         { return v, nil }
func (resolvers) Locale(_ context.Context, v string) (string, error)          { return v, nil }
func (resolvers) URL(_ context.Context, v string) (string, error)             { return v, nil }
func (resolvers) JSON(_ context.Context, v any) (any, error)                  { return v, nil }
func (resolvers) Int(_ context.Context, v int) (int, error)                   { return v, nil }
func (resolvers) ID(_ context.Context, v string) (string, error)              { return v, nil }

func (resolvers) Fail(_ context.Context, how string) (*string, error) {
	switch how {
	case "unknown":
		return nil, errors.New("relation carts is gone")
	case "a peer's error":
		return nil, connect.NewError(connect.CodeInternal, errors.New("relation carts is gone"))
	case "panic":
		panic("relation carts is gone")
	case "busy":
		return nil, fault.New(fault.RateLimited, "The cart is closed.").RetryIn(2500 * time.Millisecond)
	case "cancelled":
		return nil, fmt.Errorf("read carts: %w", context.Canceled)
	case "NUL":
		return nil, fmt.Errorf("read carts: %w", &pgconn.PgError{Code: "22021", Message: `invalid byte sequence for encoding "UTF8": 0x00`})
	case "read-only":
		return nil, fmt.Errorf("write cart: %w", &pgconn.PgError{Code: "25006", Message: "cannot execute INSERT in a read-only transaction"})
	case "disk full":
		return nil, fmt.Errorf("write cart: %w", &pgconn.PgError{Code: "53100", Message: "could not extend file"})
	case "another statement":
		return nil, fmt.Errorf("read carts: %w", &pgconn.PgError{Code: "42P01", Message: `relation "carts" does not exist`})
	default:
		return nil, fmt.Errorf("read carts: %w", fault.New(fault.Kind(how), "The cart is closed."))
	}
}

func (resolvers) Note(context.Context) (*gen.Note, error) { return note("note_1"), nil }

func (resolvers) Vault(context.Context) (*gen.Vault, error) { return vault("vault_1"), nil }

func (resolvers) Write(_ context.Context, text string) (*gen.Note, error) {
	if text == "" {
		return nil, errors.New("an empty note was let through")
	}
	return note("note_2"), nil
}

func (resolvers) Count(ctx context.Context, to int) (<-chan int, error) {
	if to < 0 {
		panic("cannot count so far")
	}
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for n := 1; n <= to; n++ {
			select {
			case numbers <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	return numbers, nil
}

func (resolvers) FindManyNoteByIDs(_ context.Context, reps []*gen.NoteByIDsInput) ([]*gen.Note, error) {
	notes := make([]*gen.Note, len(reps))
	for i, r := range reps {
		notes[i] = note(r.ID)
	}
	return notes, nil
}

func (resolvers) FindManyVaultByIDs(_ context.Context, reps []*gen.VaultByIDsInput) ([]*gen.Vault, error) {
	vaults := make([]*gen.Vault, len(reps))
	for i, r := range reps {
		vaults[i] = vault(r.ID)
	}
	return vaults, nil
}

func note(id string) *gen.Note {
	text := "text"
	return &gen.Note{ID: id, Text: &text, Reader: &text, Editor: &text, Vault: vault("vault_2")}
}

func vault(id string) *gen.Vault {
	gold := "gold"
	return &gen.Vault{ID: id, Gold: &gold}
}
