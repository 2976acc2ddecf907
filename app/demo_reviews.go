package app

import (
	"context"
	"time"

	"cartograph/internal/demo"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/review"
)

// importDemo fills a new shop with the demo's products and their reviews, once.
func importDemo(ctx context.Context, catalogue *product.Service, reviews *review.Service, now time.Time) error {
	if err := catalogue.ImportOnce(ctx, "demo", demoAssortment(now)); err != nil {
		return err
	}
	return reviews.ImportOnce(ctx, "demo reviews", demoReviews(now))
}

// demoReviews are the reviews of the demo's products, converted to the type of the
// service that owns them.
func demoReviews(now time.Time) []review.Draft {
	var drafts []review.Draft
	for _, r := range demo.Reviews(demo.Products(now), now) {
		drafts = append(drafts, review.Draft{
			ID: r.ID, ProductID: r.ProductID, AuthorID: r.AuthorID, AuthorName: r.AuthorName,
			Text: review.Text{Rating: r.Rating, Title: r.Title, Body: r.Body}, Locale: r.Locale,
			OrderID: r.OrderID, HelpfulTo: r.HelpfulTo, CreatedAt: r.CreatedAt,
		})
	}
	return drafts
}
