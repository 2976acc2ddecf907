package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"cartograph/internal/embedded"
	"cartograph/internal/trail"
)

const clockTime = "2006-01-02 15:04:05.000"

// runOrders prints what all databases, the gateway and the event log have of an order.
// The roles need not run.
func runOrders(ctx context.Context, cfg Config, words []string, out io.Writer) error {
	if len(words) != 2 || words[0] != "show" {
		return errors.New("name an order: cartograph orders show CG-7K3M9Q")
	}
	t, err := OrderTrail(ctx, cfg, words[1])
	if err != nil {
		return err
	}
	p := t.Purchase
	if _, err := fmt.Fprintf(out, "order    %s  %s\ncheckout %s\ncart     %s\npayments %v\nparcels  %v\n\n",
		p.Number, p.OrderID, p.CheckoutID, p.CartID, p.PaymentIDs, p.ShipmentIDs); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range t.Entries {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", e.At.Local().Format(clockTime), e.Source, oneLine(e.Text))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, m := range t.Missing {
		if _, err := fmt.Fprintf(out, "not read: %s\n", oneLine(m)); err != nil {
			return err
		}
	}
	return nil
}

// OrderTrail reads the trail of an order on the databases and the event log of cfg, else
// of the data folder.
func OrderTrail(ctx context.Context, cfg Config, order string) (*trail.Trail, error) {
	chosen := slices.DeleteFunc(roles(), func(r role) bool { return r.database == nil || r.database.owner != "" })
	databases, err := openDatabases(ctx, cfg, chosen)
	if err != nil {
		return nil, err
	}
	defer databases.close() //nolint:contextcheck // also after ctx has ended
	return trail.Of(ctx, trail.System{Databases: databases.pools, Brokers: brokersOf(ctx, cfg)}, order)
}

// brokersOf are the addresses of the event log: of cfg, else of the embedded one while
// it runs; none if there is none.
func brokersOf(ctx context.Context, cfg Config) []string {
	if len(cfg.KafkaBrokers) > 0 {
		return cfg.KafkaBrokers
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if broker, running := embedded.RunningKafka(ctx, filepath.Join(cfg.DataDir, kafkaDir)); running {
		return []string{broker}
	}
	return nil
}
