// Package limits holds the bounds that two services must agree on. One of them
// enforces a bound; the other relies on it, and would cancel, lose or refuse
// the other's work if it assumed another value.
//
// A bound of one service alone belongs to that service, and a value that an
// operator chooses belongs to its configuration: these here are the minimum
// and maximum of such values.
package limits

import (
	"math"
	"time"
)

// Quantities, in units of a variant.
const (
	// MaxCartLineQuantity bounds a line of a cart: a shop for people, not for
	// wholesale. The cart enforces it, also by a constraint of its table.
	MaxCartLineQuantity = 99
	// MaxOrderLineQuantity bounds a line that is ordered, whoever sends it. With
	// at most MaxLines lines, a price in minor units up to 10^11 keeps every sum
	// of an order far within an int64.
	MaxOrderLineQuantity = 10_000
	// MaxQuantity bounds every quantity between services: protobuf and GraphQL
	// carry them as int32. Stock itself is counted in bigint.
	MaxQuantity = math.MaxInt32
)

// Lines of a cart, a checkout and an order.
const (
	// MaxCartLines bounds the lines of a cart.
	MaxCartLines = 100
	// MaxHoldLines bounds the lines of one hold in inventory. It is larger than
	// MaxCartLines, so that every cart can be checked out.
	MaxHoldLines = 1_000
)

// Holds of stock for a checkout. Inventory enforces them and order requests
// holds within them: a request for a longer hold is refused, and its checkout
// cancelled.
const (
	MinHold           = time.Second
	MaxHold           = time.Hour
	MinHoldExtension  = time.Second
	MaxHoldExtension  = 5 * time.Minute
	MaxHoldExtensions = 2 // of one hold
)

// MaxPaymentAttempts is how many payments an order may have before it cannot be
// paid any more. Payment enforces it; order shows how many are left.
const MaxPaymentAttempts = 3

// PaymentTokenLength bounds a token of the payment gateway, in characters: order
// accepts it with an order, and payment sends it.
const PaymentTokenLength = 200

// IdempotencyKeyLength bounds the idempotency key of a command, in characters.
const IdempotencyKeyLength = 200

// Retention. The order of these values matters and a test holds it: an event
// that can be delivered again must still be marked as handled.
const (
	// EventRetention is how long topics that are not compacted keep an event
	// after its publication.
	EventRetention = 14 * 24 * time.Hour
	// LogRetention is the same for log records, which the logging role stores at once.
	LogRetention = 24 * time.Hour
	// SegmentRetention is how much longer Kafka may keep it: a broker deletes
	// whole segments, and only those that are closed. It is the brokers' default
	// of segment.ms.
	SegmentRetention = 7 * 24 * time.Hour
	// InboxRetention is how long a consumer's inbox keeps that it handled an event.
	// It exceeds the two above: an event that outlived its mark would take
	// effect twice when a consumer group starts again from the beginning.
	InboxRetention = 30 * 24 * time.Hour
	// DeadLetterRetention is how long the dead letter topics keep what could not be
	// handled, and tables of dead letters what was replayed or discarded since. A
	// table keeps what is unresolved without a limit.
	DeadLetterRetention = 30 * 24 * time.Hour
	// IdempotencyRetention is how long a client may repeat a command with the
	// same key. It is for retries after a failure, which are over in minutes; a
	// week also covers a client that was offline.
	IdempotencyRetention = 7 * 24 * time.Hour
)
