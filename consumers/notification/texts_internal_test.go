package notification

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"cartograph/internal/event"
)

// everyMail lists a mail of every kind and reason.
func everyMail(locale string) map[string]Mail {
	all := map[string]Mail{
		"confirmed":        sampleMail(OrderConfirmed, locale, "EUR"),
		"sign-ins failed":  sampleWarning(SignInsFailed, locale),
		"new device":       sampleWarning(SignedInOnNewDevice, locale),
		"registered again": sampleWarning(RegisteredAgain, locale),
		"verify":           sampleWarning(VerifyEmail, locale),
		"reset":            sampleWarning(ResetPassword, locale),
		"password changed": sampleWarning(PasswordChanged, locale),
		"back in stock":    sampleAlert(BackInStock, locale, "EUR"),
		"price dropped":    sampleAlert(PriceDropped, locale, "EUR"),
		"review":           sampleMail(ReviewInvitation, locale, "EUR"),
		"endpoint paused":  sampleWarning(EndpointPaused, locale),
		"endpoint gone":    endpointGone(locale),
		"welcome":          sampleWarning(Welcome, locale),
		"payment waiting":  sampleMail(PaymentWaiting, locale, "EUR"),
		"refunded":         sampleMail(OrderRefunded, locale, "EUR"),
		"shipped":          sampleMail(OrderShipped, locale, "EUR"),
		"delivered":        sampleMail(OrderDelivered, locale, "EUR"),
		"return requested": sampleMail(ReturnRequested, locale, "EUR"),
		"return approved":  sampleMail(ReturnApproved, locale, "EUR"),
		"return rejected":  sampleMail(ReturnRejected, locale, "EUR"),
		"return refunded":  sampleMail(ReturnRefunded, locale, "EUR"),
		"cancelled, paid":  cancelledWithRefund(locale, "EUR"),
	}
	for _, change := range []event.SecondFactorChange{
		event.SecondFactorEnabled, event.SecondFactorDisabled, event.SecondFactorReset, event.RecoveryCodesReplaced, event.RecoveryCodeUsed,
	} {
		m := sampleWarning(SecondFactorChanged, locale)
		m.Reason = string(change)
		all["second factor "+m.Reason] = m
	}
	for _, code := range []string{"", "card_declined", "insufficient_funds", "expired_card", "authentication_failed", "unheard_of"} {
		for _, left := range []int{0, 1, 2} {
			m := sampleMail(PaymentFailed, locale, "EUR")
			m.Reason, m.AttemptsLeft = code, left
			all["declined "+code+strings.Repeat("+", left)] = m
		}
	}
	for _, reason := range []string{"", "CUSTOMER_REQUEST", "OUT_OF_STOCK", "PAYMENT_FAILED", paymentExpired, "UNHEARD_OF"} {
		m := sampleMail(OrderCancelled, locale, "EUR")
		m.Reason = reason
		all["cancelled "+reason] = m
	}
	return all
}

func TestEveryMailIsWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	german := everyMail("de-DE")
	for name, m := range everyMail("en-US") {
		_, en := rendered(t, c, m)
		_, de := rendered(t, c, german[name])
		for _, text := range []string{en, de} {
			for _, bad := range []string{"mail.", "{{", "<no value>", "%!"} {
				if strings.Contains(strings.ReplaceAll(text, "this mail.", ""), bad) {
					t.Errorf("%s contains %q:\n%s", name, bad, text)
				}
			}
		}
		english := map[string]bool{}
		for line := range strings.Lines(en) {
			english[strings.TrimSpace(line)] = true
		}
		for line := range strings.Lines(de) {
			if line = strings.TrimSpace(line); len(strings.Fields(line)) > 3 && english[line] && !strings.Contains(line, "×") && !strings.HasPrefix(line, "Meridian Desk Lamp") {
				t.Errorf("%s has the same sentence in both languages: %q", name, line)
			}
		}
	}
}

func TestEveryKindHasAMail(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "notification.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Kind" {
			kinds++
			kind := Kind(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
			if _, err := textsOf(Mail{Kind: kind}); err != nil {
				t.Error(err)
			}
		}
		return true
	})
	if kinds != 26 {
		t.Errorf("%d kinds were found, want 26", kinds)
	}
}

func TestTaxIsLabelledAsIncludedWhereItIs(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	for locale, want := range map[string][2]string{
		"en-GB": {"Tax: €84.43", "Tax included: €84.43"},
		"de-DE": {"Steuern: 84,43 €", "Enthaltene Steuern: 84,43 €"},
	} {
		for i, included := range []bool{false, true} {
			m := sampleMail(OrderConfirmed, locale, "EUR")
			m.TaxIncluded = included
			_, text := rendered(t, c, m)
			if !strings.Contains(strings.ReplaceAll(text, "\u00a0", " "), "\n"+want[i]+"\n") {
				t.Errorf("%s, included %v: no line %q in\n%s", locale, included, want[i], text)
			}
		}
	}
}

func TestDatesFollowTheCustomersLocale(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	for locale, want := range map[string]string{
		"en-US": "until March 5, 2026, 2:30 pm UTC.", "en-GB": "until 5 March 2026, 14:30 UTC.", "de-AT": "bis zum 5. März 2026, 14:30 UTC für",
	} {
		m := sampleMail(PaymentFailed, locale, "EUR")
		m.PayBefore = m.PayBefore.In(time.FixedZone("CET", 3600))
		if _, text := rendered(t, c, m); !strings.Contains(text, want) {
			t.Errorf("%s: no %q in\n%s", locale, want, text)
		}
	}
}
