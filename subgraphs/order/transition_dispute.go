package order

import "cartograph/internal/message"

// disputed applies a fact about a dispute of a captured payment. Only Payment moves
// money; the order shows it. What was shipped stays shipped: staff decide.
func (t *transition) disputed(f Fact) {
	order := t.Order
	if order.Payment.ID != f.PaymentID || order.Stage != Captured && !t.ended() {
		return
	}
	from, to := order.PaymentStatus, Disputed
	var title message.Key
	switch f.Kind {
	case FactDisputeOpened:
		title = "order.timeline.disputed"
		if from != Paid && from != PartiallyRefunded && from != Refunded {
			return
		}
	case FactDisputeWon:
		title = "order.timeline.dispute_won"
		if to = order.afterRefunds(); f.Disputed {
			to = Disputed
		}
	default:
		title = "order.timeline.dispute_lost"
		if f.Accepted {
			title = "order.timeline.dispute_accepted"
		}
		if to = ChargedBack; f.Disputed {
			to = Disputed
		}
	}
	if f.Kind != FactDisputeOpened && from != Disputed || from == to {
		return
	}
	order.PaymentStatus = to
	t.addEntry(Entry{Kind: EntryPayment, TitleKey: title, Amount: &f.Amount})
}

// afterRefunds is the status of a captured payment by what was refunded of it.
func (o *Order) afterRefunds() PaymentStatus {
	switch o.Payment.Refunded {
	case 0:
		return Paid
	case o.Total.Minor:
		return Refunded
	default:
		return PartiallyRefunded
	}
}
