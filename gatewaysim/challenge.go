package gatewaysim

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/money"
	"cartograph/internal/pg"
)

//go:embed challenge.html
var challengeSource string

var challengePage = template.Must(template.New("challenge").Parse(challengeSource))

// challengeView is what the customer sees. State is "open", "approved",
// "declined", "expired", "voided" or "unknown".
type challengeView struct {
	State     string
	Amount    string
	Card      card
	Reference string
	OrderID   string
	Date      string
	ReturnURL string
}

// showChallenge serves the page where the customer approves or declines a payment.
func (g *Gateway) showChallenge(w http.ResponseWriter, r *http.Request) {
	found, err := g.paymentsByID(r.Context(), g.pool, g.baseURL(r), r.PathValue("id"))
	if err != nil {
		g.log.ErrorContext(r.Context(), "show a challenge", "err", err)
		http.Error(w, "Internal error. Please try again.", http.StatusInternalServerError)
		return
	}
	if len(found) == 0 {
		g.page(w, r, http.StatusNotFound, challengeView{State: "unknown"})
		return
	}
	g.page(w, r, http.StatusOK, viewOf(r.Context(), found[0]))
}

// decideChallenge applies the customer's decision: a form of the page, or JSON.
// Approval authorises at once, even if the browser never returns to the shop. A
// second decision changes nothing.
func (g *Gateway) decideChallenge(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	outcome, asJSON := outcomeOf(r)
	if outcome != "approve" && outcome != "decline" {
		refusal(http.StatusBadRequest, "parameter_invalid", "outcome must be approve or decline.").write(w)
		return
	}
	p, early, err := g.decide(r.Context(), r.PathValue("id"), outcome, g.baseURL(r))
	switch {
	case errors.Is(err, pgx.ErrNoRows) && asJSON:
		paymentUnknown().write(w)
	case errors.Is(err, pgx.ErrNoRows):
		g.page(w, r, http.StatusNotFound, challengeView{State: "unknown"})
	case err != nil:
		g.log.ErrorContext(r.Context(), "decide a challenge", "err", err)
		refusal(http.StatusInternalServerError, "server_error", "Internal error. Please try again.").write(w)
	default:
		g.queued.Notify()
		for _, delivery := range early {
			g.deliverNow(r.Context(), delivery)
		}
		g.leaveChallenge(w, r, p, asJSON)
	}
}

func outcomeOf(r *http.Request) (outcome string, asJSON bool) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		return r.PostFormValue("outcome"), strings.Contains(r.Header.Get("Accept"), "application/json")
	}
	var in struct {
		Outcome string `json:"outcome"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return "", true
	}
	return in.Outcome, true
}

func (g *Gateway) decide(ctx context.Context, paymentID, outcome, baseURL string) (p payment, early []int64, err error) {
	err = pg.InTx(ctx, g.pool, func(tx pgx.Tx) error {
		if p, err = g.lockPayment(ctx, tx, paymentID, baseURL); err != nil {
			return err
		}
		if viewOf(ctx, p).State != "open" {
			return nil
		}
		event, set := eventAuthorized, `status = 'authorized', authorized_minor = amount_minor`
		if outcome == "decline" {
			event, set = eventDeclined, `status = 'declined', failure_code = 'authentication_failed'`
		}
		p, early, err = g.moved(ctx, tx, p, event, set, `status = 'requires_action'`)
		return err
	})
	if err != nil {
		return payment{}, nil, fmt.Errorf("%s %s: %w", outcome, paymentID, err)
	}
	return p, early, nil
}

// leaveChallenge redirects the customer to the return URL, if there is one.
func (g *Gateway) leaveChallenge(w http.ResponseWriter, r *http.Request, p payment, asJSON bool) {
	back := returnTo(p)
	switch {
	case asJSON:
		encoded(http.StatusOK, map[string]string{"id": p.ID, "status": p.Status, "return_url": back}).write(w)
	case back != "":
		http.Redirect(w, r, back, http.StatusSeeOther)
	default:
		http.Redirect(w, r, "/3ds/"+p.ID, http.StatusSeeOther)
	}
}

// returnTo is the shop's return URL with the payment's reference and status
// added. They are hints: the shop has to read the payment.
func returnTo(p payment) string {
	u, err := url.Parse(p.returnURL)
	if p.returnURL == "" || err != nil {
		return ""
	}
	q := u.Query()
	q.Set("payment", p.Reference)
	q.Set("status", p.Status)
	u.RawQuery = q.Encode()
	return u.String()
}

func viewOf(ctx context.Context, p payment) challengeView {
	v := challengeView{
		Card:      p.Card,
		Reference: p.Reference,
		OrderID:   p.OrderID,
		Date:      p.Created.Format("2 January 2006, 15:04 UTC"),
		ReturnURL: returnTo(p),
	}
	amount := money.Money{Minor: p.Amount, Currency: p.Currency}
	english := "en"
	v.Amount = amount.Formatted(ctx, &english)
	switch {
	case p.Status == statusRequiresAction && p.NextAction.ExpiresAt.After(time.Now()):
		v.State = "open"
	case p.Status == statusRequiresAction:
		v.State = "expired"
	case p.Status == statusDeclined, p.Status == statusVoided:
		v.State = p.Status
	default:
		v.State = "approved"
	}
	return v
}

func (g *Gateway) page(w http.ResponseWriter, r *http.Request, status int, v challengeView) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	if err := challengePage.Execute(w, v); err != nil {
		g.log.ErrorContext(r.Context(), "show a challenge", "err", err)
	}
}
