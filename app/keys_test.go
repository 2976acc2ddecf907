package app

import (
	"bytes"
	"strings"
	"testing"

	"cartograph/internal/auth"
)

// printedKeys are the variables that cartograph keys prints.
func printedKeys(t *testing.T) map[string]string {
	t.Helper()
	var out bytes.Buffer
	if err := printKeys(&out); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for line := range strings.Lines(out.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		keys[name] = value
	}
	return keys
}

func TestPrintedKeysLetEachRoleSignInItsOwnName(t *testing.T) {
	t.Parallel()
	keys := printedKeys(t)
	signers := map[string]*auth.Internal{}
	for _, r := range roles() {
		given := []string{"INTERNAL_PUBLIC_KEYS=" + keys["INTERNAL_PUBLIC_KEYS"]}
		if hasKey(r) {
			given = append(given, "INTERNAL_PRIVATE_KEYS="+keys[strings.ToUpper(r.name)+"_PRIVATE_KEY"])
		}
		cfg, err := configFrom(environment(given...))
		if err != nil {
			t.Fatal(err)
		}
		p := &process{cfg: cfg}
		if err := p.loadKeys([]role{r}); err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
		signers[r.name] = p.signers[r.name]
	}
	token := signers[routerRole].Sign(auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_ada"}}, "cart")
	if caller, err := signers["cart"].Verify(token); err != nil || caller.ID != "usr_ada" {
		t.Errorf("cart reads the router's token as %+v: %v", caller, err)
	}
	if _, err := signers["order"].Verify(token); err == nil {
		t.Error("order accepts a token for cart")
	}
}

func TestAStartIsRefusedWithoutTheRolesKey(t *testing.T) {
	t.Parallel()
	keys := printedKeys(t)
	cart := []role{roleNamed(t, "cart")}
	secret := "INTERNAL_TOKEN_SECRET=" + strings.Repeat("5", 64)
	for name, given := range map[string][]string{
		"another role's key": {"INTERNAL_PUBLIC_KEYS=" + keys["INTERNAL_PUBLIC_KEYS"], "INTERNAL_PRIVATE_KEYS=" + keys["ORDER_PRIVATE_KEY"]},
		"no private key":     {"INTERNAL_PUBLIC_KEYS=" + keys["INTERNAL_PUBLIC_KEYS"]},
		"keys and a secret": {
			"INTERNAL_PUBLIC_KEYS=" + keys["INTERNAL_PUBLIC_KEYS"], "INTERNAL_PRIVATE_KEYS=" + keys["CART_PRIVATE_KEY"],
			secret,
		},
		"private keys and a secret":        {"INTERNAL_PRIVATE_KEYS=" + keys["CART_PRIVATE_KEY"], secret},
		"a private key without the public": {"INTERNAL_PRIVATE_KEYS=" + keys["CART_PRIVATE_KEY"]},
		"nothing":                          {},
	} {
		cfg, err := configFrom(environment(given...))
		if err != nil {
			t.Fatal(err)
		}
		if err := (&process{cfg: cfg}).loadKeys(cart); err == nil || !strings.Contains(err.Error(), "INTERNAL_") {
			t.Errorf("%s: %v, want it refused by name", name, err)
		}
	}
}

func TestAStartWithoutKeysNamesBothWaysToConfigureThem(t *testing.T) {
	t.Parallel()
	err := (&process{}).loadKeys([]role{roleNamed(t, "cart")})
	if err == nil || !strings.Contains(err.Error(), "INTERNAL_PUBLIC_KEYS") || !strings.Contains(err.Error(), "INTERNAL_TOKEN_SECRET") {
		t.Errorf("%v, want the keys and the secret named", err)
	}
}

// Consumers that no role calls and that call none sign and verify nothing.
func TestRolesWithoutAKeyStartWithoutKeys(t *testing.T) {
	t.Parallel()
	var without []role
	for _, r := range roles() {
		if !hasKey(r) {
			without = append(without, r)
		}
	}
	if len(without) == 0 {
		t.Fatal("every role has a key")
	}
	if err := (&process{}).loadKeys(without); err != nil {
		t.Error(err)
	}
}

func roleNamed(t *testing.T, name string) role {
	t.Helper()
	for _, r := range roles() {
		if r.name == name {
			return r
		}
	}
	t.Fatalf("no role %s", name)
	return role{}
}

func TestComposeGivesEachRoleItsOwnPrivateKeyOnly(t *testing.T) {
	t.Parallel()
	file := readCompose(t)
	for _, r := range roles() {
		got := file.Services[r.name].Environment["INTERNAL_PRIVATE_KEYS"]
		want := ""
		if hasKey(r) {
			want = "${" + strings.ToUpper(r.name) + "_PRIVATE_KEY:?"
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" || strings.Count(got, "PRIVATE_KEY") > 1 {
			t.Errorf("%s gets %q, want %q", r.name, got, want)
		}
	}
}
