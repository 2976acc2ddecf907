package user

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSellersAreFoundByAddressAndID(t *testing.T) {
	t.Parallel()
	s := newService(t)
	sam, _ := appointed(t, s, "sam@demo.test", Seller)
	root, _ := appointed(t, s, "root@demo.test", Admin)
	ada, _ := register(t, s, "ada@demo.test")
	const typed = " Sam@Demo.test "
	found, err := s.Sellers(t.Context(), []string{typed, sam.ID, "root@demo.test", "ada@demo.test", ada.ID, "nobody@demo.test", "", "usr_\x00"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{typed: sam.ID, sam.ID: sam.ID, "root@demo.test": root.ID}, found); diff != "" {
		t.Errorf("the sellers differ (-want +got):\n%s", diff)
	}
}
