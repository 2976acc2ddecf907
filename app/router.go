package app

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"

	"cartograph/internal/demo"
	"cartograph/router"
	"cartograph/router/plan"
	"cartograph/router/playground"
	"cartograph/router/ratelimit"
	"cartograph/router/reference"
	"cartograph/router/serve"
	"cartograph/schema"
)

// runRouter serves the shop's graph. The supergraph that it was built with, or
// that of a file, which may change while it runs.
func runRouter(ctx context.Context, h *host) error {
	settings := h.cfg.Router
	settings.RedisURL = cmp.Or(settings.RedisURL, h.cfg.RedisURL)
	settings.Explain = settings.Explain || h.cfg.Demo
	settings.OverrideURLs = h.subgraphs()
	parts, err := serve.Open(ctx, &settings, h.metrics, h.log)
	if err != nil {
		return err
	}
	defer parts.Close(ctx)
	identity, err := h.identity()
	if err != nil {
		return err
	}
	keeper, err := serve.Keep(ctx, serve.Sources{
		Load: func() (serve.Settings, error) { return settings, nil },
		Build: func(ctx context.Context, s *serve.Settings) (*router.Router, error) {
			sdl, err := supergraph(s)
			if err != nil {
				return nil, err
			}
			config := s.Config(sdl)
			parts.Fill(&config)
			if s.Supergraph == "" {
				config.CacheHints = shopWindow()
			}
			config.Identify, config.Internal = identity.Identify, h.internal
			return router.New(ctx, config, h.log)
		},
	}, h.metrics, h.log)
	if err != nil {
		return err
	}
	defer keeper.Live.Close()
	defer context.AfterFunc(ctx, keeper.Live.EndStreams)()
	h.also(keeper.RunUntil)
	mux, err := h.routerPages(&settings, keeper.Live)
	if err != nil {
		return err
	}
	return h.serve(ctx, nil, mux)
}

func supergraph(s *serve.Settings) (string, error) {
	if s.Supergraph == "" {
		return schema.Supergraph, nil
	}
	content, err := os.ReadFile(s.Supergraph)
	if err != nil {
		return "", fmt.Errorf("read supergraph: %w", err)
	}
	return string(content), nil
}

// routerPages are the graph and all that people see around it.
func (h *host) routerPages(s *serve.Settings, live *serve.Live) (http.Handler, error) {
	mux := http.NewServeMux()
	serve.Mount(mux, s, live,
		playground.Options{People: h.playgroundPeople(), Partners: h.playgroundPartners()},
		reference.Options{Title: "Cartograph reference", Examples: playground.Operations()})
	if err := h.proxyMedia(mux); err != nil {
		return nil, err
	}
	if h.standins != nil && h.standins.mail != nil {
		mux.Handle("/inbox/", http.StripPrefix("/inbox", h.standins.mail.Handler()))
	}
	return mux, nil
}

// shopRules are what our own graph is guarded by where nothing else is said.
func shopRules(s *serve.Settings) {
	s.Batch.Alone = []string{ // who asks, and what costs money
		"guestSessionCreate", "userRegister", "userLogin", "sessionRefresh", "sessionRevoke", "passwordChange",
		"apiClientCreate", "apiClientRotateSecret", "apiClientRevoke",
		"orderPlace", "paymentCreate", "paymentConfirm", "paymentVoid", "refundCreate",
	}
	cost, rate := router.DefaultCostLimits(), ratelimit.DefaultPolicy()
	s.Cost.Anonymous, s.Cost.SignedIn = cost.Anonymous, cost.SignedIn
	s.Rate = serve.Rate{
		Enabled: true, Anonymous: rate.Anonymous, Guest: rate.Guest, User: rate.User, Partner: rate.Partner,
		Fields: map[string]serve.FieldRate{},
	}
	for name, field := range rate.Fields {
		s.Rate.Fields[name] = serve.FieldRate(field)
	}
}

// shopWindow is what may be kept of answers to those who have not said who they
// are: the catalogue, as old as a page that somebody is still reading. Fields
// that tell of the caller spoil that for the whole answer.
func shopWindow() map[string]plan.CacheHint {
	const age = 30 * time.Second
	hints := map[string]plan.CacheHint{"ProductVariant.quantityInMyCart": {}, "Product.myLastOrder": {}}
	for _, field := range []string{
		"product", "products", "productVariant", "category", "categories", "brands", "search", "searchSuggest",
	} {
		hints["Query."+field] = plan.CacheHint{MaxAge: age, Public: true}
	}
	return hints
}

// subgraphs are the addresses that replace the supergraph's own.
func (h *host) subgraphs() map[string]string {
	p := h.cfg.Peers
	return map[string]string{
		"user": p.User + "/graphql", "product": p.Product + "/graphql", "cart": p.Cart + "/graphql",
		"order": p.Order + "/graphql", "payment": p.Payment + "/graphql",
	}
}

// proxyMedia shows the product role's pictures at the address that clients
// know.
func (h *host) proxyMedia(mux *http.ServeMux) error {
	target, err := url.Parse(h.cfg.Peers.Product)
	if err != nil {
		return err
	}
	mux.Handle("GET "+mediaPath+"/", &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Authorization")
			r.Out.Header.Del("X-API-Key")
		},
		Transport: h.http.Transport,
	})
	return nil
}

func (h *host) playgroundPeople() []playground.Person {
	if !h.cfg.Demo {
		return nil
	}
	var people []playground.Person
	for _, p := range demo.People() {
		people = append(people, playground.Person{Email: p.Email, Password: p.Password, Roles: p.Roles})
	}
	return people
}

func (h *host) playgroundPartners() []playground.Partner {
	if !h.cfg.Demo {
		return nil
	}
	p := demo.Partner()
	return []playground.Partner{{Name: p.Name, Key: p.Key}}
}
