package cart

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/promotion"
	"cartograph/subgraphs/cart/db"
)

// maxDiscountCodes bounds the codes of a cart; a constraint of the table repeats it.
const maxDiscountCodes = 5

// offered are the promotions that a cart's owner may use now, and why its other codes
// cannot be used: what has no reason there is no code at all.
type offered struct {
	usable  []promotion.Promotion
	refused map[string]promotion.Reason // by code
}

// unknownCode is the reason of a code that names no promotion, or one that was archived.
const unknownCode promotion.Reason = "UNKNOWN"

// candidate is a promotion as it is read with a cart: with what its conditions are
// compared with.
type candidate struct {
	Promotion   promotion.Promotion `json:"promotion"`
	Used        int                 `json:"used"`
	UsedByOwner int                 `json:"usedByOwner"`
	HasOrdered  bool                `json:"hasOrdered"`
	Groups      []string            `json:"groups"`
}

// promotionsFor reads the promotions that may apply to a cart of an owner with codes.
func (s *Service) promotionsFor(ctx context.Context, q db.DBTX, ownerID string, codes []string) (offered, error) {
	candidates, err := db.New(q).PromotionsFor(ctx, db.PromotionsForParams{OwnerID: ownerID, Codes: append([]string{}, codes...)})
	if err != nil {
		return offered{}, fmt.Errorf("read promotions: %w", err)
	}
	return s.offer(candidates, codes)
}

// offer separates what the owner may use now from what they may not.
func (s *Service) offer(stored []byte, codes []string) (offered, error) {
	var candidates []candidate
	if err := json.Unmarshal(stored, &candidates); err != nil {
		return offered{}, fmt.Errorf("read promotions: %w", err)
	}
	o := offered{refused: map[string]promotion.Reason{}}
	for _, code := range codes {
		o.refused[code] = unknownCode
	}
	for _, c := range candidates {
		p := c.Promotion
		customer := promotion.Customer{Groups: c.Groups, HasOrdered: c.HasOrdered}
		reason := p.CheckCustomer(customer, promotion.Uses{InAll: c.Used, OfCustomer: c.UsedByOwner}, s.now())
		if reason == "" {
			o.usable = append(o.usable, p)
			delete(o.refused, p.Code)
		} else if p.Code != "" {
			o.refused[p.Code] = reason
		}
	}
	return o, nil
}

// AppliedCode is a discount code of a cart.
type AppliedCode struct {
	Code   string
	Amount *money.Money // nil: it takes nothing off the goods

	reason  promotion.Reason // why it does not apply; empty if it does
	minimum *money.Money     // with MinimumNotMet
}

// Applicable reports whether the code takes something off.
func (a AppliedCode) Applicable() bool { return a.reason == "" }

// Reason is why the code does not apply, for the reader of ctx; nil if it does.
func (a AppliedCode) Reason(ctx context.Context) *string {
	if a.reason == "" {
		return nil
	}
	args := message.Args{"code": a.Code}
	if a.minimum != nil { // a nil *Money in Args is an amount that cannot be rendered
		args["minimum"] = *a.minimum
	}
	return new(message.Text(ctx, reasonKey(a.reason, a.minimum != nil), args))
}

func reasonKey(r promotion.Reason, hasMinimum bool) message.Key {
	switch r {
	case promotion.Ended:
		return "cart.discount.ended"
	case promotion.LimitReached:
		return "cart.discount.used_up"
	case promotion.CustomerLimit:
		return "cart.discount.used_by_you"
	case promotion.NotFirstOrder:
		return "cart.discount.first_order"
	case promotion.OtherCurrency:
		return "cart.discount.other_currency"
	case promotion.MinimumNotMet:
		if hasMinimum {
			return "cart.discount.minimum"
		}
		return "cart.discount.too_few"
	case promotion.NothingEligible:
		return "cart.discount.nothing_eligible"
	case promotion.NotCombined:
		return "cart.discount.not_combined"
	default: // nobody learns of codes that start later or are for others
		return "cart.discount.unknown"
	}
}

// DiscountProblem means that a code of the cart can no longer be used. The total is
// that without it, so the customer must have removed it before they buy.
type DiscountProblem struct {
	Code   string
	reason promotion.Reason
}

// IsCartProblem makes it a member of the union.
func (DiscountProblem) IsCartProblem() {}

// Message is the problem for the reader of ctx.
func (p DiscountProblem) Message(ctx context.Context) string {
	return message.Text(ctx, reasonKey(p.reason, false), message.Args{"code": p.Code})
}

// discount applies the promotions to a quote whose lines are priced.
func (q *Quote) discount(codes []string, o offered) {
	currency := q.Subtotal.Currency
	b := promotion.Basket{Currency: currency, Lines: make([]promotion.Line, len(q.Lines))}
	for i, l := range q.Lines {
		b.Lines[i] = promotion.Line{ProductID: l.Snapshot.ProductID, CategoryIDs: l.categoryIDs, Unit: l.Cost.Unit.Minor, Quantity: l.Quantity}
	}
	r := promotion.Apply(b, o.usable)
	q.Discounts = r.Allocations(currency)
	for i := range q.Lines {
		cost := &q.Lines[i].Cost
		cost.Discounts = r.OfLine(i, currency)
		cost.Total = cost.Subtotal().Sub(cost.Discount())
	}
	q.Codes = make([]AppliedCode, len(codes))
	for i, code := range codes {
		q.Codes[i] = appliedCode(code, currency, o, r)
		if reason := o.refused[code]; reason != "" {
			q.Problems = append(q.Problems, DiscountProblem{code, reason})
		}
	}
}

func appliedCode(code, currency string, o offered, r promotion.Result) AppliedCode {
	applied := AppliedCode{Code: code, reason: o.refused[code]}
	for _, p := range o.usable {
		if p.Code != code {
			continue
		}
		applied.reason = r.Refused[p.ID]
		if p.MinimumMinor > 0 {
			applied.minimum = &money.Money{Minor: p.MinimumMinor, Currency: p.Currency}
		}
	}
	for _, d := range r.Discounts {
		if d.Promotion.Code == code && d.Promotion.Kind != promotion.FreeShipping {
			applied.Amount = &money.Money{Minor: d.AmountMinor, Currency: currency}
		}
	}
	return applied
}

// normalCode is a code as it is stored.
func normalCode(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

// normalCodes are codes as they are stored. at is the argument that has them.
func normalCodes(codes, at []string) ([]string, error) {
	if len(codes) > maxDiscountCodes {
		return nil, tooManyCodes(at)
	}
	normal := make([]string, len(codes))
	for i, code := range codes {
		if normal[i] = normalCode(code); !storableCode(normal[i]) {
			return nil, atCode(discountFault(normal[i], unknownCode), at, i)
		}
	}
	return normal, nil
}

// ApplyDiscountCodes adds codes to a cart, all or none. A code that it has already is
// compared again.
func (s *Service) ApplyDiscountCodes(ctx context.Context, cartID string, codes []string) (*Cart, error) {
	at := []string{"codes"}
	added, err := normalCodes(codes, at)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) error { return s.addCodes(ctx, tx, c, added, at) })
}

// addCodes adds codes to a locked cart.
func (s *Service) addCodes(ctx context.Context, tx pgx.Tx, c *Cart, codes, at []string) error {
	set := slices.Clone(c.DiscountCodes)
	for _, code := range codes {
		if !slices.Contains(set, code) {
			set = append(set, code)
		}
	}
	if len(set) > maxDiscountCodes {
		return tooManyCodes(at)
	}
	found, err := s.promotionsFor(ctx, tx, c.OwnerID, codes)
	if err != nil {
		return err
	}
	for i, code := range codes {
		if reason := found.refused[code]; reason != "" {
			return atCode(discountFault(code, reason), at, i)
		}
		for _, p := range found.usable {
			if p.Code == code && p.Currency != "" && p.Currency != c.Currency {
				return atCode(discountFault(code, promotion.OtherCurrency), at, i)
			}
		}
	}
	return db.New(tx).SetDiscountCodes(ctx, db.SetDiscountCodesParams{ID: c.ID, Codes: set})
}

// RemoveDiscountCodes removes codes from a cart. Those that it does not have are ignored.
func (s *Service) RemoveDiscountCodes(ctx context.Context, cartID string, codes []string) (*Cart, error) {
	return s.change(ctx, target{cartID: &cartID}, func(tx pgx.Tx, c *Cart) error {
		left := slices.DeleteFunc(slices.Clone(c.DiscountCodes), func(have string) bool {
			return slices.ContainsFunc(codes, func(code string) bool { return normalCode(code) == have })
		})
		return db.New(tx).SetDiscountCodes(ctx, db.SetDiscountCodesParams{ID: c.ID, Codes: append([]string{}, left...)})
	})
}

func discountFault(code string, reason promotion.Reason) *fault.Error {
	key, args := reasonKey(reason, false), message.Args{"code": code}
	switch reason {
	case promotion.Ended:
		return fault.Localized(fault.Conflict, key, args).WithCode("DISCOUNT_EXPIRED")
	case promotion.LimitReached, promotion.CustomerLimit:
		return fault.Localized(fault.Conflict, key, args).WithCode("DISCOUNT_LIMIT_REACHED")
	case promotion.OtherCurrency:
		return fault.Localized(fault.Conflict, key, args).WithCode("CURRENCY_MISMATCH")
	default:
		return fault.Localized(fault.Conflict, key, args).WithCode("DISCOUNT_INVALID")
	}
}

func atCode(f *fault.Error, at []string, i int) error {
	return f.At(append(slices.Clone(at), strconv.Itoa(i))...)
}

func tooManyCodes(at []string) error {
	return fault.Localized(fault.Invalid, "cart.discount.too_many", message.Args{"limit": maxDiscountCodes}).At(at...)
}
