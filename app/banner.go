package app

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"cartograph/internal/demo"
)

// announce tells that the system serves, and, where a person runs all of it,
// where everything is.
func (s *system) announce(ctx context.Context, opts Options, took time.Duration) {
	endpoints := Endpoints{Roles: s.urls}
	if url, ok := s.urls["router"]; ok {
		endpoints.GraphQL = url + "/graphql"
		if s.standins != nil && s.standins.mail != nil {
			endpoints.Inbox = url + "/inbox/"
		}
	}
	switch {
	case s.standins == nil:
		for name, url := range s.urls {
			s.log.InfoContext(ctx, "serves", "role", name, "url", url, "took", took.Round(time.Millisecond))
		}
	case opts.Out != nil:
		s.banner(opts.Out, endpoints, took)
	}
	if opts.Ready != nil {
		opts.Ready(endpoints)
	}
}

func (s *system) banner(out io.Writer, e Endpoints, took time.Duration) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, value string) { _, _ = fmt.Fprintf(w, "  %s\t%s\n", name, value) }
	_, _ = fmt.Fprintf(w, "\nCartograph serves, %s after its start.\n\n", took.Round(time.Millisecond))
	if e.GraphQL != "" {
		line("Playground", s.urls["router"]+"/")
		line("Reference", s.urls["router"]+"/docs")
		line("GraphQL", e.GraphQL)
	}
	if e.Inbox != "" {
		line("Inbox", e.Inbox)
	}
	if dir, err := filepath.Abs(s.cfg.DataDir); err == nil {
		line("Data", dir)
	}
	for _, d := range s.standins.describe(s.cfg) {
		line(d[0], d[1])
	}
	if s.cfg.Demo {
		_, _ = fmt.Fprint(w, "\nSign in as\n")
		for _, p := range demo.People() {
			line(p.Email, p.Password+"\t"+strings.ToLower(strings.Join(p.Roles, ", ")))
		}
		line("a partner's program", "X-API-Key: "+demo.Partner().Key)
		_, _ = fmt.Fprint(w, "\nPay with tok_ok, tok_decline, tok_3ds.\n")
	}
	_, _ = fmt.Fprint(w, "\nCtrl-C stops it; nothing is lost.\n\n")
	_ = w.Flush()
}
