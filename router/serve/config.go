package serve

import (
	"maps"

	"cartograph/internal/telemetry"
	"cartograph/router"
	"cartograph/router/execute"
	"cartograph/router/persisted"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/transport"
	"cartograph/router/upstream"
)

// The values of the setting introspection.
const (
	introspectionOpen     = "everyone"
	introspectionSignedIn = "signed-in"
	introspectionOff      = "off"
)

// Config translates the settings for a router of the supergraph sdl.
func (s *Settings) Config(sdl string) router.Config {
	urls := map[string]string{}
	options := map[string]upstream.Options{}
	policies := map[string]execute.ErrorPolicy{}
	for name, g := range s.Subgraphs {
		if g.URL != "" {
			urls[name] = g.URL
		}
		options[name], policies[name] = g.options(), execute.ErrorPolicy(g.Errors)
	}
	maps.Copy(urls, s.OverrideURLs)
	return router.Config{
		SDL: sdl, URLs: urls, Subgraphs: options, Errors: policies, Client: clientOf(s.Client), Executor: executorOf(s.Executor),
		Introspection:         s.Introspection != introspectionOff,
		IntrospectionSignedIn: s.Introspection == introspectionSignedIn,
		Suggestions:           s.Suggestions == "on" || s.Suggestions == "auto" && s.Introspection == introspectionOpen,
		Explain:               s.Explain, ShowFetches: s.ShowFetches, Origins: s.CORS.Origins, Proxies: s.TrustedProxies,
		Limits: s.limits(), BatchExclude: s.Batch.Exclude, Cost: router.CostLimits{Anonymous: s.Cost.Anonymous, SignedIn: s.Cost.SignedIn},
		Priorities: s.Priorities, Rate: s.Rate.policy(), Documents: persisted.Options{
			Mode: s.Persisted.Mode, Manifests: s.Persisted.Manifests, Entries: s.Persisted.Entries, Bytes: int(s.Persisted.Bytes),
		},
	}
}

// policy is nil if rate limiting is off.
func (r *Rate) policy() *ratelimit.Policy {
	if !r.Enabled {
		return nil
	}
	p := &ratelimit.Policy{
		Anonymous: r.Anonymous, Guest: r.Guest, User: r.User, APIClient: r.APIClient, PerAddress: r.PerAddress,
		Request: r.Request, Bytes: r.Bytes, Fields: map[string]ratelimit.Field{},
	}
	for name, rate := range r.Fields {
		p.Fields[name] = ratelimit.Field(rate)
	}
	return p
}

func executorOf(name string) router.Executor {
	if name == "engine" {
		return router.EngineExecutor
	}
	return router.OwnExecutor
}

func clientOf(name string) upstream.Client {
	if name == "net/http" {
		return upstream.NetHTTP
	}
	return upstream.HTTP1
}

func (g *Subgraph) options() upstream.Options {
	return upstream.Options{
		Timeout: g.Timeout, MaxResponseBytes: int(g.Response), MaxConcurrent: g.InFlight,
		Client: clientOf(g.Client), Subscriptions: upstream.Protocol(g.Subscriptions),
		Breaker: upstream.Breaker{
			ConsecutiveFailures: g.Breaker.Consecutive, MinRequests: g.Breaker.Requests, Window: g.Breaker.Window, OpenFor: g.Breaker.Rest,
		},
	}
}

func (s *Settings) limits() router.Limits {
	const noBatches = -1
	l, t, w, batch := s.Limits, s.Streams, s.Socket, s.Batch.Size
	if batch == 0 {
		batch = noBatches
	}
	return router.Limits{
		Operation: plan.Limits{
			Tokens: l.Tokens, Depth: l.Depth, Aliases: l.Aliases, RootFields: l.RootFields,
			Fields: l.Fields, FieldsPerName: l.FieldsPerName, Directives: l.Directives, OperationName: l.OperationName,
			InputList: l.InputList, InputValues: l.InputValues,
			ListSize: s.Cost.ListSize,
		},
		Body: int64(l.Body), Request: l.Request, Fetch: l.Subgraph, Response: int(l.Response),
		Memory: int64(l.Memory), Readers: l.Readers, Address: l.PerAddress, InFlight: l.InFlight,
		ConcurrencyMin: l.ConcurrencyMin, ConcurrencyMax: l.ConcurrencyMax,
		Batch: batch,
		Streams: transport.StreamOptions{
			Heartbeat: t.Heartbeat, Reserved: t.Reserved, Subscriptions: t.Subscriptions, PerAddress: t.PerAddress, Sockets: t.Sockets,
		},
		Socket: transport.SocketOptions{
			Init: w.Init, Ping: w.Ping, Write: w.Write, Recheck: w.Recheck,
			Message: int64(w.Message), Operations: w.Operations,
		},
	}
}

func (t *Telemetry) options() telemetry.Options {
	return telemetry.Options{Endpoint: t.Endpoint, Service: t.Service, Sample: t.Sample}
}
