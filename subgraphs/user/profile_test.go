package user

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/internal/rpc"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/rpc/v1/rpcv1connect"
)

func TestProfileChangesWhatIsGiven(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, tokens := register(t, s, "ada@demo.test")
	ada := signedIn(t, tokens)
	type profile struct{ name, phone, locale string }
	for _, c := range []struct {
		change    ProfileChange
		want      profile
		published bool
	}{
		{ProfileChange{}, profile{"Ada", "", "en-US"}, false},
		{ProfileChange{Phone: new(" +49 30 1234567 ")}, profile{"Ada", "+49301234567", "en-US"}, false},
		{ProfileChange{DisplayName: new(" Ada L. ")}, profile{"Ada L.", "+49301234567", "en-US"}, true},
		{ProfileChange{Locale: new("de-DE"), Phone: new("")}, profile{"Ada L.", "", "de-DE"}, true},
		{ProfileChange{Locale: new("de-DE")}, profile{"Ada L.", "", "de-DE"}, false},
	} {
		before := len(publishedTypes(t, s))
		u, err := s.ChangeProfile(ada, c.change)
		if err != nil {
			t.Fatal(err)
		}
		if got := (profile{optional.Value(u.DisplayName()), optional.Value(u.Phone()), optional.Value(u.Locale())}); got != c.want {
			t.Errorf("profile = %v, want %v", got, c.want)
		}
		types := publishedTypes(t, s)[before:]
		if c.published != slices.Contains(types, event.Type[event.UserProfileChanged]()) {
			t.Errorf("%v was published by %v", c.want, types)
		}
	}
	for _, bad := range []ProfileChange{
		{DisplayName: new("")}, {DisplayName: new("a\nb")}, {Phone: new("no")}, {Locale: new("")}, {Locale: new("english!")},
	} {
		_, err := s.ChangeProfile(ada, bad)
		wantCode(t, err, "INVALID_INPUT")
	}
	for _, by := range []context.Context{anonymous(t), as(t, auth.Actor{Kind: auth.User, ID: someID(id.User)})} {
		_, err := s.ChangeProfile(by, ProfileChange{DisplayName: new("Eve")})
		wantCode(t, err, "UNAUTHENTICATED")
	}
}

func TestPersonalDataIsVisibleToItsOwnerAndStaff(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, adas := register(t, s, "ada@demo.test")
	_, eves := register(t, s, "eve@demo.test")
	for name, c := range map[string]struct {
		by       context.Context
		sees     bool
		seesName bool
	}{
		"herself":      {signedIn(t, adas), true, true},
		"another user": {signedIn(t, eves), false, false},
		"nobody":       {anonymous(t), false, false},
		"a guest":      {as(t, auth.Actor{Kind: auth.Guest, ID: ada.ID}), false, false},
		"support":      {as(t, auth.Actor{Kind: auth.User, ID: someID(id.User), Scopes: []string{"users:read"}}), true, true},
		"a partner":    {as(t, auth.Actor{Kind: auth.APIClient, ID: someID(id.APIClient), Scopes: []string{"orders:read"}}), false, false},
		"a partner who may see customers": {
			as(t, auth.Actor{Kind: auth.APIClient, ID: someID(id.APIClient), Scopes: []string{"orders:read", "customers:read"}}), false, true,
		},
		"a service": {as(t, auth.Actor{Kind: auth.Service, ID: "order"}), true, true},
	} {
		u, err := s.User(c.by, ada.ID)
		if err != nil || u == nil || u.CreatedAt.IsZero() {
			t.Fatalf("%s: user = %+v, %v", name, u, err)
		}
		if got := optional.Value(u.DisplayName()); (got == "Ada") != c.seesName || (got == "") == c.seesName {
			t.Errorf("%s sees the name %q, want it visible: %v", name, got, c.seesName)
		}
		visible, err := s.VisibleUsers(c.by, []string{ada.ID, someID(id.User)})
		if err != nil || (visible[0] != nil) != c.seesName || visible[1] != nil {
			t.Errorf("%s finds %v by id (%v), want the account: %v", name, visible, err, c.seesName)
		}
		for field, hidden := range map[string]bool{
			"email": u.Email() == nil, "roles": u.Roles() == nil, "locale": u.Locale() == nil,
		} {
			if hidden == c.sees {
				t.Errorf("%s sees %s: %v, want %v", name, field, !hidden, c.sees)
			}
		}
	}
}

func TestMalformedIDsNameNothing(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	bad := []string{"", "x", "usr_", "usr_\x00", "adr_\x00", someID(id.Cart), "usr_' OR 1=1 --"}
	users, err := s.UsersByID(signedIn(t, tokens), append(bad, ada.ID))
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range users {
		if (u != nil) != (i == len(bad)) {
			t.Errorf("id %d of %q names %+v", i, bad, u)
		}
	}
	if found, err := s.AddressesByID(signedIn(t, tokens), bad); err != nil || len(found) != len(bad) {
		t.Errorf("%d addresses for %d ids, %v", len(found), len(bad), err)
	}
	_, _, err = s.Login(anonymous(t), Credentials{Email: "ada\x00@demo.test", Password: goodPassword})
	wantCode(t, err, "CREDENTIALS_INVALID")
}

func TestAddressesAreTheirOwners(t *testing.T) {
	t.Parallel()
	s := newService(t)
	adaUser, adas := register(t, s, "ada@demo.test")
	_, eves := register(t, s, "eve@demo.test")
	ada, eve := signedIn(t, adas), signedIn(t, eves)

	first, err := s.AddAddress(ada, home(), true)
	if err != nil {
		t.Fatal(err)
	}
	moved := home()
	moved.City, moved.Company = "Salem", new("Studio")
	replaced, err := s.ReplaceAddress(ada, first.ID, moved)
	if err != nil || replaced.City != "Salem" || optional.Value(replaced.Company) != "Studio" {
		t.Fatalf("replaced = %+v, %v", replaced, err)
	}
	second, err := s.AddAddress(ada, home(), false)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.SetDefaultAddress(ada, second.ID, Purpose{Billing: true}); err != nil || got.ID != second.ID {
		t.Fatalf("default = %+v, %v", got, err)
	}
	wantDefaults(t, s, ada, first.ID, second.ID)

	for _, addressID := range []string{first.ID, someID(id.Address), "", "nonsense", "adr_\x00"} {
		_, err := s.ReplaceAddress(eve, addressID, home())
		wantCode(t, err, "NOT_FOUND")
		_, err = s.SetDefaultAddress(eve, addressID, Purpose{Shipping: true})
		wantCode(t, err, "NOT_FOUND")
		_, err = s.DeleteAddress(eve, addressID)
		wantCode(t, err, "NOT_FOUND")
	}
	if found, err := s.AddressesByID(eve, []string{first.ID}); err != nil || found[0] != nil {
		t.Errorf("another user finds %+v, %v", found[0], err)
	}
	for _, by := range []context.Context{anonymous(t), as(t, auth.Actor{Kind: auth.Guest, ID: adaUser.ID})} {
		_, err := s.AddAddress(by, home(), false)
		wantCode(t, err, "UNAUTHENTICATED")
		_, err = s.ReplaceAddress(by, first.ID, home())
		wantCode(t, err, "UNAUTHENTICATED")
		_, err = s.SetDefaultAddress(by, first.ID, Purpose{Shipping: true})
		wantCode(t, err, "UNAUTHENTICATED")
		_, err = s.DeleteAddress(by, first.ID)
		wantCode(t, err, "UNAUTHENTICATED")
		if found, err := s.AddressesByID(by, []string{first.ID}); err != nil || found[0] != nil {
			t.Errorf("%s finds %+v, %v", auth.From(by).Kind, found[0], err)
		}
	}

	deleted, err := s.DeleteAddress(ada, second.ID)
	if err != nil || deleted.City != "Portland" {
		t.Fatalf("deleted = %+v, %v", deleted, err)
	}
	wantDefaults(t, s, ada, first.ID, "")
}

// wantDefaults checks the caller's default addresses; "" for none.
func wantDefaults(t *testing.T, s *Service, by context.Context, shipping, billing string) {
	t.Helper()
	me, err := s.Me(by)
	if err != nil {
		t.Fatal(err)
	}
	for purpose, want := range map[Purpose]string{{Shipping: true}: shipping, {Billing: true}: billing} {
		found, err := s.DefaultAddresses(by, []*User{me}, purpose)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if found[0] != nil {
			got = found[0].ID
		}
		if got != want {
			t.Errorf("default for %+v = %q, want %q", purpose, got, want)
		}
	}
}

func TestAnAddressBookHasAnEnd(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, tokens := register(t, s, "ada@demo.test")
	ada := signedIn(t, tokens)
	var added, refused atomic.Int32
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 10 {
				_, err := s.AddAddress(ada, home(), false)
				switch {
				case err == nil:
					added.Add(1)
				case fault.KindOf(err) == fault.Invalid:
					refused.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if added.Load() != MaxAddresses || refused.Load() != 60-MaxAddresses {
		t.Errorf("%d addresses were added and %d refused, want %d and %d", added.Load(), refused.Load(), MaxAddresses, 60-MaxAddresses)
	}
}

func demoAccounts() []Draft {
	return []Draft{
		{
			ID: "usr_01J0000000000000000000000A", Email: "ada@demo.test", Password: "ada-likes-teapots", DisplayName: "Ada",
			Phone: "+15035550142", Locale: "en-US", Roles: []Role{Customer},
			Addresses: []AddressDraft{
				{ID: "adr_01J0000000000000000000000A", Postal: home(), Default: Purpose{Shipping: true}},
				{ID: "adr_01J0000000000000000000000B", Postal: home(), Default: Purpose{Billing: true}},
			},
		},
		{
			ID: "usr_01J0000000000000000000000B", Email: "kim@demo.test", Password: "kim-answers-mail", DisplayName: "Kim",
			Locale: "de-DE", Roles: []Role{Customer, Support},
		},
	}
}

func TestImportCreatesWhoIsNotThere(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := s.Import(t.Context(), demoAccounts()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	tokens, ada, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: "ada-likes-teapots"})
	if err != nil {
		t.Fatal(err)
	}
	wantDefaults(t, s, signedIn(t, tokens), "adr_01J0000000000000000000000A", "adr_01J0000000000000000000000B")
	if _, err := s.ChangeProfile(signedIn(t, tokens), ProfileChange{DisplayName: new("Ada L.")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Import(t.Context(), demoAccounts()); err != nil {
		t.Fatal(err)
	}
	if again, err := s.User(as(t, auth.Actor{Kind: auth.User, ID: ada.ID}), ada.ID); err != nil || optional.Value(again.DisplayName()) != "Ada L." {
		t.Errorf("a second import made the name %q (%v)", optional.Value(again.DisplayName()), err)
	}
	registered := slices.DeleteFunc(publishedTypes(t, s), func(kind string) bool { return kind != event.Type[event.UserRegistered]() })
	if len(registered) != 2 {
		t.Errorf("%d registrations were published, want 2", len(registered))
	}
	kim, _, err := s.Login(anonymous(t), Credentials{Email: "kim@demo.test", Password: "kim-answers-mail"})
	if err != nil || !slices.Contains(kim.Scopes, "users:read") {
		t.Errorf("support may %v (%v)", kim, err)
	}
}

func TestBadDraftsAreRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	register(t, s, "taken@demo.test")
	for name, spoil := range map[string]func(*Draft){
		"e-mail":      func(d *Draft) { d.Email = "x" },
		"taken":       func(d *Draft) { d.Email = "taken@demo.test" },
		"password":    func(d *Draft) { d.Password = "x" },
		"phone":       func(d *Draft) { d.Phone = "x" },
		"role":        func(d *Draft) { d.Roles = []Role{"KING"} },
		"no role":     func(d *Draft) { d.Roles = nil },
		"address":     func(d *Draft) { d.Addresses[0].City = "" },
		"address ids": func(d *Draft) { d.Addresses[1].ID = d.Addresses[0].ID },
	} {
		d := demoAccounts()[0]
		spoil(&d)
		if err := s.Import(t.Context(), []Draft{d}); err == nil {
			t.Errorf("a draft with a bad %s was imported", name)
		}
	}
	if n := count(t, s, "SELECT count(*) FROM users"); n != 1 {
		t.Errorf("%d users, want the one who was there", n)
	}
}

func TestContactIsForOurServices(t *testing.T) {
	t.Parallel()
	s := newService(t)
	accounts := demoAccounts()
	if err := s.Import(t.Context(), accounts); err != nil {
		t.Fatal(err)
	}
	internal, err := auth.NewInternal("0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	_, handler := rpcv1connect.NewProfilesHandler(NewServer(s), rpc.HandlerOptions(internal)...)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	profiles := rpcv1connect.NewProfilesClient(server.Client(), server.URL, rpc.ClientOptions(internal, "order")...)

	ada, kim := accounts[0], accounts[1]
	for name, c := range map[string]struct {
		request *rpcv1.ContactRequest
		city    string // of the address; "" for none
		kind    fault.Kind
	}{
		"no address":          {&rpcv1.ContactRequest{UserId: ada.ID}, "", ""},
		"an address":          {&rpcv1.ContactRequest{UserId: ada.ID, AddressId: ada.Addresses[1].ID}, "Portland", ""},
		"the default":         {&rpcv1.ContactRequest{UserId: ada.ID, DefaultShippingAddress: true}, "Portland", ""},
		"no default":          {&rpcv1.ContactRequest{UserId: kim.ID, DefaultShippingAddress: true}, "", ""},
		"another's address":   {&rpcv1.ContactRequest{UserId: kim.ID, AddressId: ada.Addresses[0].ID}, "", fault.NotFound},
		"an unknown address":  {&rpcv1.ContactRequest{UserId: ada.ID, AddressId: someID(id.Address)}, "", fault.NotFound},
		"an unknown user":     {&rpcv1.ContactRequest{UserId: someID(id.User)}, "", fault.NotFound},
		"nobody":              {&rpcv1.ContactRequest{}, "", fault.NotFound},
		"a guest is not here": {&rpcv1.ContactRequest{UserId: someID(id.Guest)}, "", fault.NotFound},
	} {
		got, err := profiles.Contact(t.Context(), c.request)
		if c.kind != "" {
			if fault.KindOf(err) != c.kind {
				t.Errorf("%s: %v, %v, want %s", name, got, err, c.kind)
			}
			continue
		}
		if err != nil || got.GetEmail() == "" || got.GetAddress().GetCity() != c.city {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	want := &rpcv1.PostalAddress{
		Name: "Ada Lindqvist", Line1: "1840 Alder Crossing", City: "Portland", Region: "OR", PostalCode: "97205", CountryCode: "US",
	}
	got, err := profiles.Contact(t.Context(), &rpcv1.ContactRequest{UserId: ada.ID, DefaultShippingAddress: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), got.GetAddress().String()); diff != "" {
		t.Errorf("address (-want +got):\n%s", diff)
	}

	other := rpcv1connect.NewProfilesClient(http.DefaultClient, server.URL)
	if _, err := other.Contact(t.Context(), &rpcv1.ContactRequest{UserId: ada.ID}); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a caller without an internal token was answered: %v", err)
	}
	// A customer who reaches the method all the same sees themself only.
	eve := as(t, auth.Actor{Kind: auth.User, ID: kim.ID, Scopes: []string{"profile:read"}})
	_, err = NewServer(s).Contact(eve, &rpcv1.ContactRequest{UserId: ada.ID})
	wantCode(t, err, "NOT_FOUND")
}
