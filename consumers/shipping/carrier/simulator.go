package carrier

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// Simulator is a carrier that needs neither a network nor a store: what happens to a
// parcel follows from a seed and the key of its label, an identifier with a time. Its
// reports are late, repeated under other ids and out of order, and some requests fail.
type Simulator struct {
	Seed    uint64
	Transit time.Duration // from the label to the door, about
	Now     func() time.Time
}

var (
	errUnavailable = errors.New("the carrier does not answer")
	errUnknown     = errors.New("the carrier has no such parcel")
)

// numberPrefix marks the numbers of simulated parcels. The rest is the ULID of the key.
const numberPrefix = "SIM"

// CreateLabel issues the label of the key.
func (s *Simulator) CreateLabel(_ context.Context, key string, p Parcel) (Label, error) {
	_, number, found := strings.Cut(key, "_")
	if _, err := ulid.ParseStrict(number); err != nil || !found {
		return Label{}, errUnknown
	}
	if s.fails(key) {
		return Label{}, errUnavailable
	}
	number = numberPrefix + number
	label := Label{TrackingNumber: number, TrackingURL: "https://tracking.example.com/" + url.PathEscape(number)}
	if p.Return {
		label.DocumentURL = "https://labels.example.com/" + url.PathEscape(number) + ".pdf"
	}
	return label, nil
}

// Cancel has no effect: a simulated label is nothing to make invalid.
func (s *Simulator) Cancel(_ context.Context, key string) error {
	if s.fails(key) {
		return errUnavailable
	}
	return nil
}

// Track returns the reports that have come in.
func (s *Simulator) Track(_ context.Context, trackingNumber string) ([]Report, error) {
	issued, err := ulid.ParseStrict(strings.TrimPrefix(trackingNumber, numberPrefix))
	if err != nil {
		return nil, errUnknown
	}
	if s.fails(trackingNumber) {
		return nil, errUnavailable
	}
	var in []Report
	for _, r := range s.history(trackingNumber, ulid.Time(issued.Time())) {
		if !r.receivedAt.After(s.Now()) {
			in = append(in, r.Report)
		}
	}
	rand.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
	return in, nil
}

type received struct {
	Report
	receivedAt time.Time
}

// history is all that is ever reported of a parcel.
func (s *Simulator) history(trackingNumber string, issued time.Time) []received {
	draw := s.draw(trackingNumber)
	steps := []Report{
		{Status: "PICKED_UP", Location: "Portland", Message: "The parcel was picked up."},
		{Status: "IN_TRANSIT", Location: "Boise", Message: "The parcel is on its way."},
		{Status: "IN_TRANSIT", Location: "Salt Lake City", Message: "The parcel has reached the region of its recipient."},
		{Status: "OUT_FOR_DELIVERY", Message: "The parcel is out for delivery."},
	}
	failed := []Report{
		{Status: "DELIVERY_FAILED", Message: "Nobody was there to take the parcel."},
		{Status: "OUT_FOR_DELIVERY", Message: "The parcel is out for delivery again."},
	}
	delivered := Report{Status: "DELIVERED", Message: "The parcel was delivered."}
	switch n := draw.IntN(100); {
	case n < 3:
		steps = append(steps, failed[0], Report{Status: "RETURNED_TO_SENDER", Location: "Portland", Message: "The parcel could not be delivered and came back."})
	case n < 15:
		steps = append(append(steps, failed...), delivered)
	default:
		steps = append(steps, delivered)
	}
	step := s.Transit / time.Duration(len(steps)+1)
	var all []received
	for i, r := range steps {
		r.ID = "r" + string(rune('a'+i))
		r.At = issued.Add(step*time.Duration(i+1) - time.Duration(draw.Int64N(int64(step/4)+1)))
		late := time.Duration(draw.Int64N(int64(2*step) + 1))
		if draw.IntN(2) == 0 {
			late = 0
		}
		all = append(all, received{r, r.At.Add(late)})
		if draw.IntN(4) == 0 {
			r.ID += "-again"
			all = append(all, received{r, r.At.Add(late + step)})
		}
	}
	return all
}

// fails reports whether a request of the present second has no answer: one in ten.
func (s *Simulator) fails(key string) bool {
	return hash(s.Seed, key+s.Now().UTC().Format(time.TimeOnly))%10 == 0
}

func (s *Simulator) draw(key string) *rand.Rand {
	return rand.New(rand.NewPCG(s.Seed, hash(s.Seed, key))) //nolint:gosec // a simulation
}

func hash(seed uint64, key string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // never fails
	return (h.Sum64() ^ seed) * 0x9e3779b97f4a7c15 >> 7
}
