package app

import (
	"context"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEmptyURLsAreThoseOfListenersElseOfPortsHere(t *testing.T) {
	t.Parallel()
	p := &process{urls: map[string]string{"cart": "http://127.0.0.1:5003", "payment": "http://127.0.0.1:5005"}}
	p.cfg.Peers.Order = "http://order.example"
	p.fillURLs()
	want := Peers{
		User: "http://127.0.0.1:4001", Product: "http://127.0.0.1:4002", Cart: "http://127.0.0.1:5003",
		Order: "http://order.example", Payment: "http://127.0.0.1:5005", Inventory: "http://127.0.0.1:4006",
		Webhook: "http://127.0.0.1:4009", Notification: "http://127.0.0.1:4007", Router: "http://127.0.0.1:4000",
	}
	if diff := cmp.Diff(want, p.cfg.Peers); diff != "" {
		t.Errorf("peers (-want +got):\n%s", diff)
	}
	for name, got := range map[string][2]string{
		"the gateway":      {p.cfg.Payment.Gateway.URL, "http://127.0.0.1:4010"},
		"its webhooks":     {p.cfg.GatewaySim.WebhookURL, "http://127.0.0.1:5005/webhooks/gateway"},
		"the router":       {p.cfg.Router.PublicURL, "http://127.0.0.1:4000"},
		"pictures":         {p.cfg.Product.MediaURL, "http://127.0.0.1:4000/media"},
		"a subgraph":       {(&service{process: p}).subgraphURLs()["cart"], "http://127.0.0.1:5003/graphql"},
		"a subgraph apart": {(&service{process: p}).subgraphURLs()["order"], "http://order.example/graphql"},
	} {
		if got[0] != got[1] {
			t.Errorf("URL of %s = %s, want %s", name, got[0], got[1])
		}
	}
}

func TestAConfiguredAddressWinsAndOthersAreFreePortsOnLoopback(t *testing.T) {
	t.Parallel()
	p := &process{allInOne: true, listeners: map[string]net.Listener{}, urls: map[string]string{}}
	defer func() { _ = p.close() }()
	p.cfg.Cart.Listen = "127.0.0.1:0"
	for _, name := range []string{"cart", "order"} {
		chosen, err := choose([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.listen(t.Context(), chosen[0]); err != nil {
			t.Fatal(err)
		}
		if a := p.listeners[name].Addr().(*net.TCPAddr); !a.IP.IsLoopback() || a.Port == chosen[0].port {
			t.Errorf("%s listens on %s, want a free port on loopback", name, a)
		}
	}
	chosen, err := choose([]string{"payment"})
	if err != nil {
		t.Fatal(err)
	}
	p.cfg.Payment.Listen = p.listeners["cart"].Addr().String()
	if err := p.listen(t.Context(), chosen[0]); err == nil {
		t.Error("two roles listen on one address")
	}
}

func TestAnEmbeddedRoleWithoutADatabaseOfItsOwnUsesTheOwners(t *testing.T) {
	t.Parallel()
	var cfg Config
	cfg.Product.DatabaseURL = "postgres://product"
	shareDatabases(&cfg)
	if cfg.SearchIndex.DatabaseURL != "postgres://product" {
		t.Errorf("the search index uses %q, want the product database", cfg.SearchIndex.DatabaseURL)
	}
	cfg.SearchIndex.DatabaseURL = "postgres://elsewhere"
	shareDatabases(&cfg)
	if cfg.SearchIndex.DatabaseURL != "postgres://elsewhere" {
		t.Errorf("the search index uses %q, want the configured one", cfg.SearchIndex.DatabaseURL)
	}
	if _, found := databases(&cfg)["cartograph_searchindex"]; found {
		t.Error("the search index has a database of its own")
	}
}

// TestTheRouterStopsBeforeTheOtherRoles: operations under way need the
// subgraphs until the router has ended.
func TestTheRouterStopsBeforeTheOtherRoles(t *testing.T) {
	t.Parallel()
	all := roles()
	ctx, stop := context.WithCancel(t.Context())
	router, others, routerEnded := stopInOrder(ctx, t.Context(), all)
	stop()
	<-router.Done()
	if others.Err() != nil {
		t.Fatal("the other roles stopped with the router")
	}
	routerEnded()
	<-others.Done()

	ctx, stop = context.WithCancel(t.Context())
	_, others, _ = stopInOrder(ctx, t.Context(), all[1:])
	stop()
	<-others.Done() // at once without a router

	failed, fail := context.WithCancel(t.Context())
	router, others, _ = stopInOrder(t.Context(), failed, all)
	fail()
	<-router.Done()
	<-others.Done()
}
