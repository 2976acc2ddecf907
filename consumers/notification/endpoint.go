package notification

import (
	"strconv"
	"time"

	"cartograph/internal/event"
)

// maxReason is how much of an error a mail shows, in characters.
const maxReason = 300

// Endpoint is what a mail about a webhook endpoint shows.
type Endpoint struct {
	ID          string    `json:"id"`
	URL         string    `json:"url"`
	Failures    int       `json:"failures"`
	Reason      string    `json:"reason"` // why the last attempt failed
	Gone        bool      `json:"gone,omitempty"`
	PausedUntil time.Time `json:"pausedUntil,omitzero"`
}

// endpointPaused warns the owner of an endpoint, once a day at most: one that recovers and
// fails again and again is paused more often.
func endpointPaused(p event.WebhookPauseNoticeDue) Mail {
	m := aboutAccount(EndpointPaused, p.UserID, p.Email, p.DisplayName, p.Locale)
	m.Occasion = p.EndpointID + "." + p.At.UTC().Format(time.DateOnly) + "." + strconv.FormatBool(p.Gone)
	reason := []rune(p.Reason)
	m.Endpoint = &Endpoint{ID: p.EndpointID, URL: p.URL, Failures: p.Failures, Reason: string(reason[:min(len(reason), maxReason)]), Gone: p.Gone, PausedUntil: p.PausedUntil}
	return m
}
