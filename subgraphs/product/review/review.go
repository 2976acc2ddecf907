// Package review owns what customers write about products: reviews, votes on
// them, their moderation, and the counts of ratings.
//
// Whoever has an account may review a product that was ever sold, once, except its
// own seller. Whether the author bought it is shown with the review; it follows
// from Order's events and is never a claim of the author. A review is shown to
// others after a moderator published it, and an edit returns it to the queue.
package review

import (
	"time"

	"cartograph/internal/optional"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/db"
)

// Status is whether a review is shown; the values are the schema's.
type Status string

// The statuses.
const (
	Pending   Status = "PENDING" // awaits a decision; shown to its author and moderators
	Published Status = "PUBLISHED"
	Rejected  Status = "REJECTED"
)

// Sort is an order of a product's reviews; the values are the schema's.
type Sort string

// The orders.
const (
	MostHelpful Sort = "MOST_HELPFUL"
	Newest      Sort = "NEWEST"
	RatingHigh  Sort = "RATING_HIGH"
	RatingLow   Sort = "RATING_LOW"
)

// Review is what a customer wrote about a product.
type Review struct {
	ID, ProductID    string
	AuthorID         string
	AuthorName       string // empty until it is known
	Rating           int
	Title            *string
	Body             string
	Images           []*product.Image
	Locale           string
	Status           Status
	Reason           *string // of the rejection
	Version          int     // of what the author wrote
	HelpfulCount     int
	VerifiedPurchase bool
	Vote             *bool // the caller's
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// IsNode and IsEntity let clients and the router fetch it by its ID.
func (*Review) IsNode()   {}
func (*Review) IsEntity() {}

// shown is how many published reviews it counts as.
func (s Status) shown() int {
	if s == Published {
		return 1
	}
	return 0
}

func reviewOf(row db.ReviewRow) *Review {
	return &Review{
		ID: row.ID, ProductID: row.ProductID, AuthorID: row.AuthorID, AuthorName: row.AuthorName, Rating: row.Rating,
		Title: optional.Of(row.Title), Body: row.Body, Images: product.ImagesOf(row.Images), Locale: row.Locale, Status: Status(row.Status), Reason: optional.Of(row.Reason),
		Version: row.Version, HelpfulCount: row.HelpfulCount, VerifiedPurchase: row.Verified, Vote: row.Vote,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(),
	}
}

func reviewsOf(rows []db.ReviewRow) []*Review {
	reviews := make([]*Review, len(rows))
	for i, row := range rows {
		reviews[i] = reviewOf(row)
	}
	return reviews
}
