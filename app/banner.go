package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"cartograph/internal/demo"
)

// announce logs the addresses, or prints the banner where all roles run on
// embedded services.
func (p *process) announce(ctx context.Context, opts Options, took time.Duration) {
	endpoints := Endpoints{Roles: p.urls, Operations: "http://" + reachable(p.operations.Addr().(*net.TCPAddr))}
	if url, ok := p.urls[routerRole]; ok {
		endpoints.GraphQL = url + "/graphql"
	}
	if p.embedded != nil && p.embedded.mail != nil {
		endpoints.Inbox = endpoints.Operations + inboxPath
		if p.cfg.Demo {
			endpoints.Inbox = p.urls[routerRole] + inboxPath
		}
	}
	switch {
	case p.embedded == nil:
		for name, url := range p.urls {
			p.log.InfoContext(ctx, "listening", "role", name, "url", url, "took", took.Round(time.Millisecond))
		}
		p.log.InfoContext(ctx, "listening", "for", "operations", "url", endpoints.Operations)
	case opts.Out != nil:
		p.banner(opts.Out, endpoints, took)
	}
	if opts.Ready != nil {
		opts.Ready(endpoints)
	}
}

func (p *process) banner(out io.Writer, e Endpoints, took time.Duration) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, value string) { _, _ = fmt.Fprintf(w, "  %s\t%s\n", name, value) }
	_, _ = fmt.Fprintf(w, "\nCartograph is ready after %s.\n\n", took.Round(time.Millisecond))
	if e.GraphQL != "" {
		line("Playground", p.urls[routerRole]+"/")
		line("Reference", p.urls[routerRole]+"/docs")
		line("GraphQL", e.GraphQL)
	}
	if e.Inbox != "" {
		line("Inbox", e.Inbox)
	}
	line("Operations", e.Operations+"/metrics")
	if dir, err := filepath.Abs(p.cfg.DataDir); err == nil {
		line("Data", dir)
	}
	for _, d := range p.embedded.describe(p.cfg) {
		line(d[0], d[1])
	}
	if p.cfg.Demo {
		_, _ = fmt.Fprint(w, "\nSign in as\n")
		for _, account := range demo.Accounts() {
			line(account.Email, account.Password+"\t"+strings.ToLower(strings.Join(account.Roles, ", ")))
		}
		line("API client", "X-API-Key: "+demo.Partner().Key)
		_, _ = fmt.Fprint(w, "\nPay with tok_ok, tok_decline, tok_3ds.\n")
	}
	_, _ = fmt.Fprint(w, "\nCtrl-C stops it; data is kept.\n\n")
	_ = w.Flush()
}
