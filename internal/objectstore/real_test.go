package objectstore_test

import (
	"os"
	"testing"

	"cartograph/internal/objectstore"
	"cartograph/internal/objectstore/objectstoretest"
)

// TestARealServerConforms needs a bucket of its own: `make s3-real` starts a server.
func TestARealServerConforms(t *testing.T) {
	t.Parallel()
	address := os.Getenv("S3_TEST_URL")
	if address == "" {
		t.Skip("S3_TEST_URL is not set: make s3-real")
	}
	store, err := objectstore.Open(address, "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it exists
		if err := store.EnsureBucket(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	objectstoretest.Conforms(t, store)
}
