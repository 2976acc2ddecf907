package product_test

import (
	"testing"

	"cartograph/internal/polltest"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/producttest"
)

func TestACollectionIsNotDeletedWhileRulesAreEvaluated(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	c := collect(t, s, "red", product.ConditionsInput{Conditions: product.Conditions{Tags: []string{"red"}}})
	tx, err := s.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if err := db.New(tx).LockCollections(t.Context()); err != nil { // as an evaluation
		t.Fatal(err)
	}
	deleted := make(chan error, 1)
	go func() { deleted <- s.DeleteCollection(merchant(t), c.ID) }()
	polltest.Eventually(t, "the deletion waits for the evaluation", func() bool {
		var waits bool
		err := s.Pool.QueryRow(t.Context(), `
			SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
			               WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted)`).Scan(&waits)
		return err == nil && waits
	})
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-deleted; err != nil {
		t.Error(err)
	}
}
