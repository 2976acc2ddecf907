package user

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/internal/email/emailtest"
	"cartograph/internal/fault"
	"cartograph/internal/locale"
	"cartograph/internal/pg"
)

func TestWeakPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	for password, ok := range map[string]bool{
		goodPassword:                         true,
		"correct horse battery":              true,
		"пароль на десять":                   true,
		"ninechars":                          false, // 9
		"":                                   false,
		strings.Repeat("ab c", 4):            true, // four different characters are not a pattern yet
		"aaaaaaaaaaaaaaaa":                   false,
		"abababababab":                       false,
		"1234567890":                         false,
		"Password123":                        false,
		"QWERTYUIOP":                         false,
		"zxcvbnm1234":                        false, // the last of the list
		"0123456789":                         false, // the first
		"ada.lindqvist@demo.test":            false,
		"Ada.Lindqvist":                      false,
		" ada.lindqvist@demo.test":           false,
		"ten chars\xff\xfe":                  false,
		strings.Repeat("abcdefgh", 16):       true,
		strings.Repeat("abcdefgh", 16) + "x": false,
	} {
		f := checkPassword(password, "ada.lindqvist@demo.test")
		if got := f == nil; got != ok {
			t.Errorf("%q is accepted: %v, want %v", password, got, ok)
		}
		if f != nil && f.Code != "PASSWORD_TOO_WEAK" {
			t.Errorf("%q is refused with %s, want PASSWORD_TOO_WEAK", password, f.Code)
		}
	}
}

func TestEmailAddressesAreCheckedAndNormalised(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"ada@demo.test":                         "ada@demo.test",
		"  Ada+Shop@Demo.Test ":                 "ada+shop@demo.test",
		"ada":                                   "",
		"ada@":                                  "",
		"@demo.test":                            "",
		"ada@demo":                              "",
		"ada@demo.test\nBcc: eve@x.y":           "",
		"ada@demo..test":                        "",
		"ada@-demo.test":                        "",
		"Ada <ada@demo.test>":                   "",
		"ada@demo.test, eve@x.test":             "",
		"ädä@demo.test":                         "",
		strings.Repeat("a", 250) + "@demo.test": "",
		"":                                      "",
	} {
		got := normalEmail(given)
		if checkEmail(got) != nil {
			got = ""
		}
		if got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}

func TestRolesAllowWhatTheyShould(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		roles       []Role
		has, hasNot []string
	}{
		{[]Role{Customer}, []string{"profile:read", "cart:read", "orders:read:own", "payments:read:own"}, []string{"users:read", "orders:read", "catalog:write"}},
		{[]Role{Seller}, []string{"profile:read", "catalog:write", "inventory:write"}, []string{"users:read", "orders:write"}},
		{[]Role{Customer, Support}, []string{"users:read", "carts:read", "reviews:moderate"}, []string{"users:write", "pricing:write"}},
		{[]Role{Admin}, []string{"profile:read", "users:read", "users:write", "inventory:write", "orders:fulfill", "webhooks:manage"}, nil},
	} {
		got := scopesOf(c.roles)
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("scopes of %v are not a sorted set: %v", c.roles, got)
		}
		for _, scope := range c.has {
			if !slices.Contains(got, scope) {
				t.Errorf("%v may not %s", c.roles, scope)
			}
		}
		for _, scope := range c.hasNot {
			if slices.Contains(got, scope) {
				t.Errorf("%v may %s", c.roles, scope)
			}
		}
	}
}

func TestBadAddressesAreRefusedByField(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	for name, c := range map[string]struct {
		change func(*Postal)
		at     []string // the arguments to blame, in order
	}{
		"good":                 {func(*Postal) {}, nil},
		"no name":              {func(p *Postal) { p.Name = "  " }, []string{"name"}},
		"long name":            {func(p *Postal) { p.Name = long }, []string{"name"}},
		"two lines in one":     {func(p *Postal) { p.Line1 = "Street 1\nBcc: all" }, []string{"line1"}},
		"turned text":          {func(p *Postal) { p.Name = "Ada \u202etset" }, []string{"name"}},
		"broken text":          {func(p *Postal) { p.City = "\xff\xfe" }, []string{"city"}},
		"no street":            {func(p *Postal) { p.Line1 = "" }, []string{"line1"}},
		"long second line":     {func(p *Postal) { p.Line2 = &long }, []string{"line2"}},
		"long company":         {func(p *Postal) { p.Company = &long }, []string{"company"}},
		"no city":              {func(p *Postal) { p.City = "" }, []string{"city"}},
		"no state in the US":   {func(p *Postal) { p.Region = nil }, []string{"region"}},
		"empty state":          {func(p *Postal) { p.Region = new("  ") }, []string{"region"}},
		"no ZIP":               {func(p *Postal) { p.PostalCode = "" }, []string{"postalCode"}},
		"short ZIP":            {func(p *Postal) { p.PostalCode = "9720" }, []string{"postalCode"}},
		"ZIP+4":                {func(p *Postal) { p.PostalCode = "97205-1234" }, nil},
		"code of signs":        {func(p *Postal) { p.CountryCode, p.PostalCode = "CL", "--" }, []string{"postalCode"}},
		"German code":          {func(p *Postal) { p.CountryCode, p.PostalCode = "DE", "1043" }, []string{"postalCode"}},
		"British code":         {func(p *Postal) { p.CountryCode, p.PostalCode = "GB", "sw1a 1aa" }, nil},
		"no code in Hong Kong": {func(p *Postal) { p.CountryCode, p.PostalCode = "HK", "" }, nil},
		"no such country":      {func(p *Postal) { p.CountryCode = "ZZ" }, []string{"countryCode"}},
		"alias of a country":   {func(p *Postal) { p.CountryCode = "UK" }, []string{"countryCode"}},
		"a continent":          {func(p *Postal) { p.CountryCode = "150" }, []string{"countryCode"}},
		"small letters":        {func(p *Postal) { p.CountryCode = "us" }, []string{"countryCode"}},
		"not a number":         {func(p *Postal) { p.Phone = new("call me") }, []string{"phone"}},
		"a number":             {func(p *Postal) { p.Phone = new("+1 (503) 555-0142") }, nil},
		"several":              {func(p *Postal) { p.Name, p.City, p.PostalCode = "", "", "x" }, []string{"name", "city", "postalCode"}},
	} {
		p := home()
		c.change(&p)
		_, err := checkPostal(p, "input")
		var at []string
		if many, ok := err.(*fault.InputError); ok { //nolint:errorlint // nothing wraps it here
			for _, f := range many.Faults {
				at = append(at, f.Path[1])
			}
		}
		if diff := cmp.Diff(c.at, at); diff != "" {
			t.Errorf("%s: blamed (-want +got):\n%s", name, diff)
		}
		if c.at != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v is not the customer's to mend", name, err)
		}
	}
}

func TestAddressesAreWrittenAsTheirCountryDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reader string
		postal Postal
		want   []string
	}{
		{"en-US", home(), []string{"Ada Lindqvist", "1840 Alder Crossing", "Portland, OR 97205", "United States"}},
		{"de-DE", home(), []string{"Ada Lindqvist", "1840 Alder Crossing", "Portland, OR 97205", "Vereinigte Staaten"}},
		{
			"en-US",
			Postal{Name: "Ada", Company: new("Studio"), Line1: "Lindenhofweg 27", Line2: new("2. OG"), City: "Berlin", PostalCode: "10437", CountryCode: "DE"},
			[]string{"Ada", "Studio", "Lindenhofweg 27", "2. OG", "10437 Berlin", "Germany"},
		},
		{
			"nonsense-tag-!",
			Postal{Name: "Ada", Line1: "10 Quiet Row", City: "London", PostalCode: "SW1A 1AA", CountryCode: "GB"},
			[]string{"Ada", "10 Quiet Row", "London", "SW1A 1AA", "United Kingdom"},
		},
		{
			"en-AU",
			Postal{Name: "Ada", Line1: "1 Pier St", City: "Sydney", Region: new("NSW"), PostalCode: "2000", CountryCode: "AU"},
			[]string{"Ada", "1 Pier St", "Sydney NSW 2000", "Australia"},
		},
		{
			"en-US",
			Postal{Name: "Ada", Line1: "9 Harbour Rd", City: "Wan Chai", CountryCode: "HK"},
			[]string{"Ada", "9 Harbour Rd", "Wan Chai", "Hong Kong SAR China"},
		},
	} {
		got := c.postal.Formatted(locale.With(context.Background(), c.reader))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s for %s (-want +got):\n%s", c.postal.CountryCode, c.reader, diff)
		}
	}
}

func TestStoredHashesAreReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cost := argon{
			memory: rapid.Uint32Range(8, 1<<20).Draw(t, "memory"),
			passes: rapid.Uint32Range(1, 10).Draw(t, "passes"),
			lanes:  rapid.Uint8Range(1, 8).Draw(t, "lanes"),
		}
		salt := rapid.SliceOfN(rapid.Byte(), saltBytes, saltBytes).Draw(t, "salt")
		sum := rapid.SliceOfN(rapid.Byte(), hashBytes, hashBytes).Draw(t, "sum")
		encoded := cost.encode(salt, sum)
		gotCost, gotSalt, gotSum, err := decode(encoded)
		if err != nil || gotCost != cost || !slices.Equal(gotSalt, salt) || !slices.Equal(gotSum, sum) {
			t.Fatalf("%s reads back as %v %x %x: %v", encoded, gotCost, gotSalt, gotSum, err)
		}
		if outdated(encoded) != (cost != currentCost()) {
			t.Fatalf("%s is outdated: %v", encoded, outdated(encoded))
		}
	})
	for _, damaged := range []string{
		"", "secret", "$2a$10$abc", "$argon2i$v=19$m=1,t=1,p=1$AAAA$AAAA", "$argon2id$v=16$m=1,t=1,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=x$AAAA$AAAA", "$argon2id$v=19$m=8,t=1,p=1$!$AAAA", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA",
	} {
		if _, _, _, err := decode(damaged); err == nil {
			t.Errorf("%q was read as a hash", damaged)
		}
	}
}

func TestPasswordsMatchHoweverTheyAreComposed(t *testing.T) {
	t.Parallel()
	h := newHasher()
	encoded, err := h.hash(t.Context(), "caf\u00e9 au lait")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"caf\u00e9 au lait": true, "cafe\u0301 au lait": true, "cafe au lait": false, "": false} {
		if got, err := h.match(t.Context(), password, []string{encoded}); err != nil || (got == 0) != want {
			t.Errorf("%q matches: %v (%v), want %v", password, got, err, want)
		}
	}
}

func TestRegistrationsValidateAddressesAsCheckoutsAndMailsDo(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, _ := register(t, s, "first@x.test")
	for _, c := range emailtest.Addresses() {
		r, err := Registration{Email: c.Given, Password: goodPassword, DisplayName: "Ada", Locale: "en-US"}.checked()
		if (err == nil) != (c.Normal != "") || err == nil && r.Email != c.Normal {
			t.Errorf("%q registers as %q (%v), want %q", c.Given, r.Email, err, c.Normal)
		}
		if err != nil {
			continue
		}
		if _, err := s.pool.Exec(t.Context(), "UPDATE users SET email = $1 WHERE id = $2", r.Email, ada.ID); err != nil {
			t.Errorf("users_email_is_normalised refuses %q: %v", r.Email, err)
		}
	}
	for _, bad := range []string{"ADA@x.test", "ada@X.test", " ada@x.test", "a..b@x.test", "ada@x.test.", "ada@localhost", "ada@", strings.Repeat("a", 65) + "@x.test"} {
		if _, err := s.pool.Exec(t.Context(), "UPDATE users SET email = $1 WHERE id = $2", bad, ada.ID); !pg.IsCheck(err, "users_email_is_normalised") {
			t.Errorf("%q is stored (%v)", bad, err)
		}
	}
}
