package app

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"

	"cartograph/consumers/notification"
	"cartograph/internal/demo"
	"cartograph/internal/embedded/s3"
	"cartograph/internal/event/asyncapi"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/router"
	"cartograph/router/playground"
	"cartograph/router/reference"
	"cartograph/router/serve"
	"cartograph/router/upstream"
	"cartograph/schema"
)

// buildRouter serves the supergraph of this program, or that of a file, which
// is reloaded when it changes.
func buildRouter(ctx context.Context, s *service) (http.Handler, error) {
	settings := s.cfg.Router
	settings.RedisURL = cmp.Or(settings.RedisURL, s.cfg.RedisURL)
	settings.Explain = settings.Explain || s.cfg.Demo
	settings.OverrideURLs = s.subgraphURLs()
	resources, err := serve.OpenResources(ctx, &settings, s.metrics, s.log)
	if err != nil {
		return nil, err
	}
	s.addCleanup(func() { resources.Close(ctx) })
	identity, err := s.identity()
	if err != nil {
		return nil, err
	}
	usage := newClientUsage(rpcv1connect.NewApiClientsClient(s.http, s.cfg.Peers.User, s.clientOptions()...), s.log)
	s.addTask(usage.run)
	reloader, err := serve.NewReloader(ctx, serve.Sources{
		Load: func() (serve.Settings, error) { return settings, nil },
		Build: func(ctx context.Context, settings *serve.Settings) (*router.Router, error) {
			sdl, err := supergraph(settings)
			if err != nil {
				return nil, err
			}
			config := settings.Config(sdl)
			resources.Configure(&config)
			if settings.Supergraph == "" {
				config.CacheHints = publicCachePolicy()
			}
			config.Identify, config.OnRevoked, config.Internal = identity.Identify, identity.OnRevoked, s.internal
			config.Answered = usage.add
			s.fetchInProcess(config.Subgraphs)
			return router.New(ctx, config, s.log)
		},
	}, s.metrics, s.log)
	if err != nil {
		return nil, err
	}
	s.addCleanup(reloader.Router.Close)
	stop := context.AfterFunc(ctx, reloader.Router.EndStreams)
	s.addCleanup(func() { stop() })
	s.addTask(reloader.Run)
	s.notes = append(s.notes, func(ctx context.Context) (string, error) {
		reasons, _ := reloader.Router.NotReady(ctx) // the error is that all are listed
		return strings.Join(reasons, "\n"), nil
	})
	s.bounds = settings.Bounds()
	return s.routerPages(&settings, reloader.Router)
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

// routerPages mounts the graph, its playground and reference, pictures and, in a
// demo, the inbox of the embedded mail server.
func (s *service) routerPages(settings *serve.Settings, graph *serve.HotSwap) (http.Handler, error) {
	mux := http.NewServeMux()
	serve.Mount(mux, settings, graph,
		playground.Options{DemoAccounts: s.demoAccounts(), APIClients: s.demoAPIClients()},
		reference.Options{
			Title: "Cartograph reference", Examples: playground.Operations(), Guide: schema.Guide(), Events: asyncapi.JSON,
			Usage: rootExamples(), Codes: schema.UserErrorCodes,
		})
	for pattern, peer := range map[string]string{
		"GET " + mediaPath + "/":               s.cfg.Peers.Product,
		"GET " + notification.UnsubscribePath:  s.cfg.Peers.Notification,
		"POST " + notification.UnsubscribePath: s.cfg.Peers.Notification,
	} {
		if err := s.proxy(mux, pattern, peer); err != nil {
			return nil, err
		}
	}
	if s.embedded != nil && s.embedded.s3 != nil {
		for _, method := range []string{http.MethodPut, http.MethodOptions} {
			mux.Handle(method+" /"+s3.Bucket+"/", s.embedded.s3)
		}
	}
	if s.cfg.Demo && s.embedded != nil && s.embedded.mail != nil {
		mux.Handle(inboxPath, http.StripPrefix("/inbox", s.embedded.mail.Handler()))
	}
	return mux, nil
}

// rootExamples are those of the schema in the reference's form.
func rootExamples() map[string]playground.Operation {
	operations := map[string]playground.Operation{}
	for field, e := range schema.Examples() {
		operations[field] = playground.Operation{Name: e.Name, Query: e.Query, VariablesJSON: e.Variables}
	}
	return operations
}

// subgraphURLs replace those in the supergraph.
func (s *service) subgraphURLs() map[string]string {
	urls := map[string]string{}
	for _, r := range roles() {
		if r.subgraph {
			urls[r.name] = *r.url(&s.cfg) + "/graphql"
		}
	}
	return urls
}

// fetchInProcess lets the router reach the subgraphs of this process without a
// connection.
func (s *service) fetchInProcess(options map[string]upstream.Options) {
	for _, r := range roles() {
		if own := s.urls[r.name]; r.subgraph && own != "" && own == *r.url(&s.cfg) {
			o := options[r.name]
			o.RoundTripper = s.inProcess
			options[r.name] = o
		}
	}
}

// proxy serves a public page of another role at the router's address.
func (s *service) proxy(mux *http.ServeMux, pattern, peer string) error {
	target, err := url.Parse(peer)
	if err != nil {
		return err
	}
	mux.Handle(pattern, &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Authorization")
			r.Out.Header.Del("X-API-Key")
		},
		Transport: s.http.Transport,
	})
	return nil
}

func (s *service) demoAccounts() []playground.DemoAccount {
	if !s.cfg.Demo {
		return nil
	}
	var accounts []playground.DemoAccount
	for _, p := range demo.Accounts() {
		accounts = append(accounts, playground.DemoAccount{Email: p.Email, Password: p.Password, Roles: p.Roles})
	}
	return accounts
}

func (s *service) demoAPIClients() []playground.APIClient {
	if !s.cfg.Demo {
		return nil
	}
	p := demo.Partner()
	return []playground.APIClient{{Name: p.Name, Key: p.Key}}
}
