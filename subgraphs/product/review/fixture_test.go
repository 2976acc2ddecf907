package review_test

import (
	"context"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/subgraphs/product/producttest"
	"cartograph/subgraphs/product/review"
)

// as is a request of a user with scopes.
func as(t testing.TB, userID string, scopes ...string) context.Context {
	return auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: userID, Scopes: scopes}, Locale: "en-US", Currency: "USD"})
}

// kim is a moderator.
func kim(t testing.TB) context.Context { return as(t, "usr_kim", "reviews:moderate") }

func text(rating int) review.Text {
	return review.Text{Rating: rating, Title: "A title", Body: "It does what it is made for."}
}

// submit has a user review a product.
func submit(t testing.TB, s *producttest.Shop, userID, productID string, rating int) *review.Review {
	t.Helper()
	r, err := s.Reviews.Submit(as(t, userID), productID, text(rating))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// decide has the moderator decide on a review.
func decide(t testing.TB, s *producttest.Shop, reviewID string, status review.Status) *review.Review {
	t.Helper()
	r, err := s.Reviews.Moderate(kim(t), review.Decision{ReviewID: reviewID, Status: status, Reason: "Because."})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// publish is submit and decide.
func publish(t testing.TB, s *producttest.Shop, userID, productID string, rating int) *review.Review {
	t.Helper()
	return decide(t, s, submit(t, s, userID, productID, rating).ID, review.Published)
}

// counts are the numbers of a product's ratings, as pages show them.
func counts(t testing.TB, s *producttest.Shop, productID string) [5]int {
	t.Helper()
	p, err := s.Product(t.Context(), &productID, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.ReviewSummary.Counts
}

// confirmed is an order of Order's events.
func confirmed(orderID, ownerID string, variants ...string) event.OrderConfirmed {
	e := event.OrderConfirmed{
		OrderFacts:  event.OrderFacts{OrderID: orderID, CheckoutID: "chk_" + orderID, OwnerID: ownerID},
		ConfirmedAt: producttest.Now(),
	}
	for _, v := range variants {
		e.Lines = append(e.Lines, event.OrderLine{VariantID: v, Quantity: 1})
	}
	return e
}

func cancelled(orderID, ownerID string) event.OrderCancelled {
	return event.OrderCancelled{OrderFacts: event.OrderFacts{OrderID: orderID, CheckoutID: "chk_" + orderID, OwnerID: ownerID}, Reason: "CUSTOMER"}
}
