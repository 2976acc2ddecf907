package app

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"

	"cartograph/internal/demo"
	"cartograph/router"
	"cartograph/router/playground"
	"cartograph/schema"
)

func runRouter(ctx context.Context, h *host) error {
	cfg := h.cfg.Router
	sdl := schema.Supergraph
	if cfg.SupergraphFile != "" {
		var err error
		if sdl, err = read(cfg.SupergraphFile); err != nil {
			return err
		}
	}
	identity, err := router.NewIdentity(h.cfg.Peers.User+jwksPath, h.log)
	if err != nil {
		return err
	}
	graph, err := router.New(ctx, router.Config{
		SDL: sdl, URLs: h.subgraphs(), Identify: identity.Identify, Internal: h.internal,
		Introspection: cfg.Introspection, Origins: cfg.Origins,
		Metrics: h.metrics, ShowFetches: cfg.ShowFetches,
	}, h.log)
	if err != nil {
		return err
	}
	defer graph.Close()

	mux := http.NewServeMux()
	mux.Handle("/graphql", graph)
	mux.HandleFunc("GET /schema.graphql", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(graph.Schema()))
	})
	mux.Handle("/", playground.Handler(playground.Options{Endpoint: "/graphql", People: h.playgroundPeople()}))
	if err := h.proxyMedia(mux); err != nil {
		return err
	}
	if h.standins != nil && h.standins.mail != nil {
		mux.Handle("/inbox/", http.StripPrefix("/inbox", h.standins.mail.Handler()))
	}
	return h.serve(ctx, nil, mux)
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
