package order

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	"cartograph/subgraphs/order/db"
)

const (
	opNoteAdd    = "orderNoteAdd"
	maxNoteText  = 2000 // characters
	maxNotes     = 100  // of an order
	notesMayEdit = "orders:write"
)

// NoteInput is the input of AddNote.
type NoteInput struct {
	OrderID  string
	Text     string
	Internal bool   // for staff only
	Key      string // idempotency key
}

// check normalises the text, which may have several lines.
func (in *NoteInput) check() error {
	in.Text = strings.TrimSpace(strings.ReplaceAll(in.Text, "\r\n", "\n"))
	visible := strings.Map(func(r rune) rune {
		if r == '\n' {
			return ' '
		}
		return r
	}, in.Text)
	if in.Text == "" || !printable(visible, maxNoteText) || strings.IndexFunc(visible, unicode.IsGraphic) < 0 {
		return fault.Localized(fault.Invalid, "order.note_text", message.Args{"limit": maxNoteText}).At("input", "body")
	}
	return nil
}

// AddNote adds a note of staff to the timeline of an order, in whatever state it is.
func (s *Service) AddNote(ctx context.Context, in NoteInput) (Result, error) {
	caller := auth.From(ctx)
	if !caller.Has(notesMayEdit) {
		return Result{}, fault.Localized(fault.Forbidden, "common.forbidden")
	}
	if err := in.check(); err != nil {
		return Result{}, err
	}
	input := in
	input.Key = ""
	o, err := s.anyOrder(ctx, in.OrderID)
	if fault.KindOf(err) == fault.NotFound { // a key that was used for another order is the older mistake
		if _, reused := idempotency.Recall(ctx, s.pool, caller.ID, opNoteAdd, in.Key, input); reused != nil {
			return Result{}, reused
		}
	}
	if err != nil {
		return Result{}, err
	}
	replayed := false
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: o.CheckoutID, Everyones: true}, true)
		if err != nil {
			return err
		}
		earlier, err := idempotency.Claim(ctx, tx, caller.ID, opNoteAdd, in.Key, input, o.ID)
		replayed = earlier != ""
		if err != nil || replayed {
			return err
		}
		n, err := l.q.CountNotes(ctx, o.ID)
		if err != nil {
			return fmt.Errorf("count notes: %w", err)
		}
		if n >= maxNotes {
			return fault.Localized(fault.Conflict, "order.too_many_notes", message.Args{"limit": maxNotes}).At("input", "orderId")
		}
		if err := s.applyLocked(ctx, l, Fact{Kind: FactNoteAdded, Note: in.Text, Internal: in.Internal}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, l.Checkout.ReadAt, audit.OrderNoteAdded, o.ID, nil, audit.Values{"customerVisible": !in.Internal})
	})
	if err != nil {
		return Result{}, notFault(err, "add a note to "+in.OrderID)
	}
	if !replayed {
		s.changed.Notify(o.CheckoutID)
	}
	o, err = s.anyOrder(ctx, in.OrderID)
	return Result{Order: o, Replayed: replayed}, err
}
