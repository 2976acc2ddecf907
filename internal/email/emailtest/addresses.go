// Package emailtest has addresses that registration, checkout and mails must judge
// alike.
package emailtest

import "strings"

// Address is an address as it is typed.
type Address struct {
	Given  string
	Normal string // empty if it is refused
	SMTP   string // the form that mail servers get; empty if it is refused
}

// Addresses lists accepted and refused addresses. No two have one normal form.
func Addresses() []Address {
	same := func(address string) Address { return Address{address, address, address} }
	refused := func(address string) Address { return Address{Given: address} }
	local64 := strings.Repeat("a", 64)
	return []Address{
		same("ada@x.test"),
		same("ada.byron+shop@x.test"),
		same("o'brien@x.test"),
		same("a@b.co"),
		same(local64 + "@x.test"),
		{"  ADA.Upper@X.Test ", "ada.upper@x.test", "ada.upper@x.test"},
		{"ada@bücher.example", "ada@bücher.example", "ada@xn--bcher-kva.example"},
		{"bo@xn--bcher-kva.example", "bo@bücher.example", "bo@xn--bcher-kva.example"},
		{"ada@例え.テスト", "ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"},
		{"ada@straße.example", "ada@straße.example", "ada@xn--strae-oqa.example"},
		{"ada@ꭰꭱꭲ.example", "ada@ᎠᎡᎢ.example", "ada@xn--58dcd.example"}, // Cherokee has its capitals in domains
		refused(""),
		refused("ada"),
		refused("ada@"),
		refused("@x.test"),
		refused("a..b@x.test"),
		refused(".a@x.test"),
		refused("a.@x.test"),
		refused(`"a b"@x.test`),
		refused("a b@x.test"),
		refused("ada@x.test."),
		refused("ada@localhost"),
		refused("ada@127.0.0.1"),
		refused("ada@[127.0.0.1]"),
		refused("ada@x..test"),
		refused("ada@-x.test"),
		refused("ädä@x.test"),
		refused("a" + local64 + "@x.test"),
		refused("ada@" + strings.Repeat("abcdefg.", 32) + "test"),
		refused("Ada <ada@x.test>"),
		refused("ada@x.test, bo@x.test"),
		refused("ada@x.test\r\nBcc: all@x.test"),
		refused("ada@x.test\x00"),
		refused("a@b@c.test"),
	}
}
