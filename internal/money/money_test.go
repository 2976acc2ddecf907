package money_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"cartograph/internal/fault"
	"cartograph/internal/locale"
	"cartograph/internal/money"
)

func TestSplitLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := money.Money{Minor: rapid.Int64Range(-1e12, 1e12).Draw(t, "minor"), Currency: "USD"}
		parts := whole.Split(rapid.IntRange(1, 50).Draw(t, "n"))

		sum := money.Zero("USD")
		for _, p := range parts {
			sum = sum.Add(p)
			if d := parts[0].Minor - p.Minor; d > 1 || d < -1 {
				t.Fatalf("parts %v and %v are further than one apart", parts[0], p)
			}
		}
		if sum != whole {
			t.Fatalf("parts add up to %v, want %v", sum, whole)
		}
	})
}

func TestParseReadsWhatAmountWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := money.Money{
			Minor:    rapid.Int64Range(-1e15, 1e15).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency"),
		}
		got, err := money.Parse(want.Amount(), want.Currency)
		if err != nil || got != want {
			t.Fatalf("Parse(%q) = %v, %v, want %v", want.Amount(), got, err, want)
		}
	})
}

func TestAmountAndFormatted(t *testing.T) {
	for _, tt := range []struct {
		money             money.Money
		amount            string
		locale, formatted string
	}{
		{money.Money{Minor: 1999, Currency: "USD"}, "19.99", "en-US", "$19.99"},
		{money.Money{Minor: 199998, Currency: "USD"}, "1999.98", "en-US", "$1,999.98"},
		{money.Money{Minor: 199998, Currency: "EUR"}, "1999.98", "de-DE", "1.999,98\u00a0€"},
		{money.Money{Minor: 123456789, Currency: "EUR"}, "1234567.89", "fr-FR", "1\u202f234\u202f567,89\u00a0€"},
		{money.Money{Minor: 0, Currency: "USD"}, "0.00", "en-US", "$0.00"},
		{money.Money{Minor: -5, Currency: "USD"}, "-0.05", "en-US", "-$0.05"},
		{money.Money{Minor: 500, Currency: "JPY"}, "500", "ja-JP", "￥500"},
		{money.Money{Minor: 1, Currency: "KWD"}, "0.001", "en-US", "KWD\u00a00.001"},
		{money.Money{Minor: -12345678, Currency: "EUR"}, "-123456.78", "nb-NO", "\u2212123\u00a0456,78\u00a0€"},
		{money.Money{Minor: 199998, Currency: "CHF"}, "1999.98", "de-CH", "CHF\u00a01'999.98"},
		{money.Money{Minor: 199998, Currency: "CHF"}, "1999.98", "fr-CH", "1\u202f999.98\u00a0CHF"},
		{money.Money{Minor: 12345678, Currency: "INR"}, "123456.78", "en-IN", "₹1,23,456.78"},
		{money.Money{Minor: 199998, Currency: "EUR"}, "1999.98", "de-AT", "€\u00a01.999,98"},
		{money.Money{Minor: 199998, Currency: "USD"}, "1999.98", "pt-BR", "US$\u00a01.999,98"},
		{money.Money{Minor: 1999, Currency: "USD"}, "19.99", "no such locale", "$19.99"},
	} {
		if got := tt.money.Amount(); got != tt.amount {
			t.Errorf("%v.Amount() = %q, want %q", tt.money, got, tt.amount)
		}
		if got := tt.money.Formatted(t.Context(), &tt.locale); got != tt.formatted {
			t.Errorf("%v in %s = %q, want %q", tt.money, tt.locale, got, tt.formatted)
		}
	}
}

func TestWithoutALocaleItIsTheRequests(t *testing.T) {
	ctx := locale.With(t.Context(), "de-DE")
	m := money.Money{Minor: 1999, Currency: "EUR"}
	for _, given := range []*string{nil, new("")} {
		if got, want := m.Formatted(ctx, given), "19,99\u00a0€"; got != want {
			t.Errorf("formatted as %q, want %q", got, want)
		}
	}
}

func TestParseRefusesWhatIsNoAmount(t *testing.T) {
	for _, tt := range []struct{ amount, currency string }{
		{"1.999", "USD"},
		{"1.5", "JPY"},
		{"", "USD"},
		{"-", "USD"},
		{".5", "USD"},
		{"1e3", "USD"},
		{"1,5", "USD"},
		{"99999999999999999999", "USD"},
		{"1.00", "XXX"},
		{"1.00", "usd"},
		{"--1", "USD"},
		{"NaN", "USD"},
	} {
		if got, err := money.Parse(tt.amount, tt.currency); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Parse(%q, %q) = %v, %v, want it refused", tt.amount, tt.currency, got, err)
		}
	}
}

func TestPortionRoundsHalfAwayFromZero(t *testing.T) {
	for _, tt := range []struct{ minor, points, want int64 }{
		{100, 1900, 19}, {1, 5000, 1}, {-1, 5000, -1}, {1, 4999, 0}, {999, 0, 0}, {1999, 825, 165},
	} {
		if got := (money.Money{Minor: tt.minor, Currency: "USD"}).Portion(tt.points).Minor; got != tt.want {
			t.Errorf("%d of %d bp = %d, want %d", tt.minor, tt.points, got, tt.want)
		}
	}
}

func TestSplitPutsTheLargerPartsFirst(t *testing.T) {
	for _, tt := range []struct {
		minor int64
		n     int
		want  []int64
	}{
		{10, 3, []int64{4, 3, 3}},
		{11, 3, []int64{4, 4, 3}},
		{-10, 3, []int64{-4, -3, -3}},
		{2, 3, []int64{1, 1, 0}},
		{9, 3, []int64{3, 3, 3}},
		{7, 1, []int64{7}},
	} {
		var got []int64
		for _, part := range (money.Money{Minor: tt.minor, Currency: "USD"}).Split(tt.n) {
			got = append(got, part.Minor)
			if part.Currency != "USD" {
				t.Errorf("a part is in %q, want USD", part.Currency)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%d split into %d = %v, want %v", tt.minor, tt.n, got, tt.want)
		}
	}
}

func TestArithmeticKeepsTheCurrency(t *testing.T) {
	five, two := money.Money{Minor: 500, Currency: "EUR"}, money.Money{Minor: 200, Currency: "EUR"}
	for _, tt := range []struct {
		name string
		got  money.Money
		want int64
	}{
		{"Add", five.Add(two), 700},
		{"Sub", two.Sub(five), -300},
		{"Times", five.Times(3), 1500},
		{"Portion", five.Portion(1900), 95},
		{"Zero", money.Zero("EUR"), 0},
	} {
		if want := (money.Money{Minor: tt.want, Currency: "EUR"}); tt.got != want {
			t.Errorf("%s = %v, want %v", tt.name, tt.got, want)
		}
	}
}

func TestArithmeticOnTwoCurrenciesPanics(t *testing.T) {
	euro, dollar := money.Zero("EUR"), money.Zero("USD")
	for name, operation := range map[string]func(){
		"Add": func() { euro.Add(dollar) },
		"Sub": func() { euro.Sub(dollar) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s of EUR and USD did not panic", name)
				}
			}()
			operation()
		}()
	}
}

func TestParsePadsTheFraction(t *testing.T) {
	for _, tt := range []struct {
		amount, currency string
		want             int64
	}{
		{"1", "USD", 100},
		{"1.5", "USD", 150},
		{"1.05", "USD", 105},
		{"-1.05", "USD", -105},
		{"1.5", "KWD", 1500},
		{"15", "JPY", 15},
		{"0.01", "USD", 1},
		{"92233720368547758.06", "USD", math.MaxInt64 - 1},
	} {
		if got, err := money.Parse(tt.amount, tt.currency); err != nil || got != (money.Money{Minor: tt.want, Currency: tt.currency}) {
			t.Errorf("Parse(%q, %s) = %v, %v, want %d minor units", tt.amount, tt.currency, got, err, tt.want)
		}
	}
	if got, err := money.Parse("92233720368547758.07", "USD"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("Parse of MaxInt64 = %v, %v, want it refused", got, err)
	}
}
