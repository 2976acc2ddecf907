package demo

// Accounts are the demo accounts: a customer, a seller, a support agent and an
// administrator. Each is a customer as well. The passwords are public: these
// accounts exist only on a developer's machine.
func Accounts() []Account {
	accounts := []Account{
		{
			Email: "ada@demo.test", Password: "ada-likes-teapots",
			DisplayName: "Ada Lindqvist", Phone: "+15035550142", Locale: "en-US",
			Roles: []string{"CUSTOMER"},
			Addresses: []Address{
				{
					Name: "Ada Lindqvist", Line1: "1840 Alder Crossing", Line2: "Apt 3B",
					City: "Portland", Region: "OR", PostalCode: "97205", CountryCode: "US",
					Phone: "+15035550142", DefaultShipping: true, DefaultBilling: true,
				},
				{
					Name: "Ada Lindqvist", Company: "Studio Lindqvist", Line1: "Lindenhofweg 27",
					Line2: "Hinterhaus, 2. OG", City: "Berlin", PostalCode: "10437",
					CountryCode: "DE", Phone: "+493023125014",
				},
			},
		},
		{
			Email: "sam@demo.test", Password: "sam-sells-speakers",
			DisplayName: "Sam Okafor", Phone: "+15035550168", Locale: "en-US",
			Roles: []string{"CUSTOMER", "SELLER"},
			Addresses: []Address{{
				Name: "Sam Okafor", Company: "Okafor Goods", Line1: "77 Harbor Mill Road",
				City: "Seattle", Region: "WA", PostalCode: "98109", CountryCode: "US",
				Phone: "+15035550168", DefaultShipping: true, DefaultBilling: true,
			}},
		},
		{
			Email: "kim@demo.test", Password: "kim-answers-mail",
			DisplayName: "Kim Brandt", Phone: "+493023125077", Locale: "de-DE",
			Roles: []string{"CUSTOMER", "SUPPORT"},
			Addresses: []Address{{
				Name: "Kim Brandt", Line1: "Am Kirschgarten 9", City: "Hamburg",
				PostalCode: "20357", CountryCode: "DE", Phone: "+493023125077",
				DefaultShipping: true, DefaultBilling: true,
			}},
		},
		{
			Email: "root@demo.test", Password: "root-keeps-the-keys",
			DisplayName: "Root", Locale: "en-US",
			Roles: []string{"CUSTOMER", "ADMIN"},
		},
	}
	for i := range accounts {
		p := &accounts[i]
		p.ID = userID(p.Email)
		for j := range p.Addresses {
			p.Addresses[j].ID = addressID(p.Email + " " + p.Addresses[j].Line1)
		}
	}
	return accounts
}

// Partner is an API client of a partner. Its key is as public as the
// passwords.
func Partner() APIClient {
	return APIClient{
		ID: stableID("api_", "partner"), Name: "Partner", Key: "ck_demo_partner-counts-the-stock",
		Scopes: []string{"cart:read", "inventory:read", "orders:read", "orders:read:own", "payments:read:own", "promotions:read"}, PerMinute: 120_000,
	}
}

// seller is the ID of the account that sells every product.
func seller() string { return userID("sam@demo.test") }
