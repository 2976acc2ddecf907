package serve

import (
	"time"

	"cartograph/internal/settings"
	"cartograph/router/persisted"
	"cartograph/router/ratelimit"
	"cartograph/router/transport"
)

// Settings of a router: yaml keys in a file, or env names after ROUTER_ in the
// environment. router.example.yaml documents them.
type Settings struct {
	Listen         string `yaml:"listen" env:"LISTEN"`
	Operations     string `yaml:"operations" env:"OPERATIONS"` // the operators' address, for /metrics and /readyz with reasons; empty: neither
	Path           string `yaml:"path" env:"PATH" envDefault:"/graphql"`
	PublicURL      string `yaml:"public_url" env:"PUBLIC_URL" format:"url"`
	RedisURL       string `yaml:"redis_url" env:"REDIS_URL" format:"url"`
	TrustedProxies int    `yaml:"trusted_proxies" env:"TRUSTED_PROXIES" envDefault:"0" min:"0" max:"10"`
	CountryHeader  string `yaml:"country_header" env:"COUNTRY_HEADER" envDefault:"X-Country"`

	Supergraph   string              `yaml:"supergraph" env:"SUPERGRAPH"` // a file
	OverrideURLs map[string]string   `yaml:"override_urls" env:"OVERRIDE_URLS" format:"url"`
	Subgraphs    map[string]Subgraph `yaml:"subgraphs"`
	Watch        time.Duration       `yaml:"watch" env:"WATCH" envDefault:"1s" min:"0s" max:"1h"`

	Executor      string `yaml:"executor" env:"EXECUTOR" envDefault:"own" oneof:"own|engine"`
	Client        string `yaml:"client" env:"CLIENT" envDefault:"http1" oneof:"http1|net/http"`
	Introspection string `yaml:"introspection" env:"INTROSPECTION" envDefault:"everyone" oneof:"everyone|signed-in|off"`
	Suggestions   string `yaml:"suggestions" env:"SUGGESTIONS" envDefault:"auto" oneof:"auto|on|off"`
	Explain       bool   `yaml:"explain" env:"EXPLAIN"`
	Playground    bool   `yaml:"playground" env:"PLAYGROUND" envDefault:"true"`
	ShowFetches   bool   `yaml:"show_fetches" env:"SHOW_FETCHES"`

	// InternalSecret signs the tokens that identify the caller to subgraphs;
	// without it they get none.
	InternalSecret string `yaml:"internal_secret" env:"INTERNAL_SECRET" secret:"true"`

	CORS    CORS     `yaml:"cors" envPrefix:"CORS_"`
	Issuers []Issuer `yaml:"issuers"`
	APIKeys []APIKey `yaml:"api_keys"`
	Limits  Limits   `yaml:"limits" envPrefix:"LIMITS_"`
	Cost    Cost     `yaml:"cost" envPrefix:"COST_"`
	Rate    Rate     `yaml:"rate_limit" envPrefix:"RATE_"`
	// Priorities of root fields decide what is refused first under overload.
	Priorities map[string]transport.Priority `yaml:"priorities" env:"PRIORITIES"`

	Persisted Persisted `yaml:"persisted" envPrefix:"PERSISTED_"`
	Batch     Batch     `yaml:"batch" envPrefix:"BATCH_"`
	Streams   Streams   `yaml:"streams" envPrefix:"STREAMS_"`
	Socket    Socket    `yaml:"websocket" envPrefix:"WEBSOCKET_"`
	Telemetry Telemetry `yaml:"telemetry" envPrefix:"TELEMETRY_"`

	file string // source of the settings; may be empty
}

// Subgraph overrides settings for one subgraph; zero values follow the others.
type Subgraph struct {
	URL           string        `yaml:"url" format:"url"`
	Timeout       time.Duration `yaml:"timeout" min:"0s" max:"10m"`
	Response      settings.Size `yaml:"response" min:"0" max:"1GiB"`
	InFlight      int           `yaml:"in_flight" min:"0" max:"1000000"`
	Client        string        `yaml:"client" oneof:"|http1|net/http"`
	Subscriptions string        `yaml:"subscriptions" oneof:"|sse|ws"`
	Breaker       Breaker       `yaml:"breaker"`
	Errors        Errors        `yaml:"errors"`
}

// Errors is what clients see of a subgraph's errors besides those with a code for
// clients; see execute.ErrorPolicy.
type Errors struct {
	Codes      []string `yaml:"codes"`
	Extensions []string `yaml:"extensions"`
}

// Breaker is the circuit breaker of a subgraph. It opens after so many
// consecutive failures, or when half of at least so many requests in a window
// failed.
type Breaker struct {
	Consecutive int           `yaml:"consecutive" min:"0" max:"1000000"`
	Requests    int           `yaml:"requests" min:"0" max:"1000000"`
	Window      time.Duration `yaml:"window" min:"0s" max:"1h"`
	Rest        time.Duration `yaml:"rest" min:"0s" max:"1h"`
}

// CORS restricts pages of other origins.
type CORS struct {
	Origins []string `yaml:"origins" env:"ORIGINS"` // none: any origin, without credentials
}

// Issuer signs access tokens that the router accepts.
type Issuer struct {
	Name          string   `yaml:"name"`
	Audience      string   `yaml:"audience"`
	KeysURL       string   `yaml:"keys_url" format:"url"`
	Algorithms    []string `yaml:"algorithms" oneof:"EdDSA|RS256|ES256"`
	SubjectPrefix string   `yaml:"subject_prefix"`
}

// APIKey identifies an API client by the SHA-256 of its key.
type APIKey struct {
	ID        string   `yaml:"id"`
	Name      string   `yaml:"name"`
	SHA256    string   `yaml:"sha256" secret:"true"`
	Scopes    []string `yaml:"scopes"`
	PerMinute int      `yaml:"per_minute" min:"0" max:"1000000000"`
}

// Limits bound one client request and the requests to subgraphs.
type Limits struct {
	Body                  settings.Size `yaml:"body" env:"BODY" envDefault:"1MiB" min:"1" max:"1GiB"`
	Tokens                int           `yaml:"tokens" env:"TOKENS" envDefault:"4000" min:"1" max:"1000000"`
	Depth                 int           `yaml:"depth" env:"DEPTH" envDefault:"20" min:"1" max:"1000"`
	Aliases               int           `yaml:"aliases" env:"ALIASES" envDefault:"30" min:"1" max:"100000"`
	RootFields            int           `yaml:"root_fields" env:"ROOT_FIELDS" envDefault:"20" min:"1" max:"100000"`
	Fields                int           `yaml:"fields" env:"FIELDS" envDefault:"2000" min:"1" max:"1000000"`
	FieldsPerName         int           `yaml:"fields_per_name" env:"FIELDS_PER_NAME" envDefault:"200" min:"1" max:"1000000"`
	Directives            int           `yaml:"directives" env:"DIRECTIVES" envDefault:"50" min:"1" max:"100000"`
	OperationName         int           `yaml:"operation_name" env:"OPERATION_NAME" envDefault:"256" min:"1" max:"65536"`
	InputList             int           `yaml:"input_list" env:"INPUT_LIST" envDefault:"1000" min:"1" max:"1000000"`       // elements of a list in the variables
	InputValues           int           `yaml:"input_values" env:"INPUT_VALUES" envDefault:"10000" min:"1" max:"10000000"` // values in the variables
	Request               time.Duration `yaml:"request" env:"REQUEST" envDefault:"15s" min:"1ms" max:"10m"`
	Subgraph              time.Duration `yaml:"subgraph" env:"SUBGRAPH" envDefault:"5s" min:"1ms" max:"10m"`
	Response              settings.Size `yaml:"response" env:"RESPONSE" envDefault:"16MiB" min:"1" max:"1GiB"`
	Memory                settings.Size `yaml:"memory" env:"MEMORY" envDefault:"512MiB" min:"1MiB" max:"64GiB"`
	Connections           int           `yaml:"connections" env:"CONNECTIONS" envDefault:"16384" min:"1" max:"10000000"` // needs a restart
	ConnectionsPerAddress int           `yaml:"connections_per_address" env:"CONNECTIONS_PER_ADDRESS" envDefault:"512" min:"1" max:"1000000"`
	Readers               int           `yaml:"readers" env:"READERS" envDefault:"64" min:"1" max:"100000"`
	PerAddress            int           `yaml:"per_address" env:"PER_ADDRESS" envDefault:"256" min:"1" max:"1000000"`
	InFlight              int           `yaml:"in_flight" env:"IN_FLIGHT" envDefault:"1024" min:"1" max:"1000000"`
	ConcurrencyMin        int           `yaml:"concurrency_min" env:"CONCURRENCY_MIN" envDefault:"16" min:"1" max:"100000"`  // operations that run at once; more as latency allows
	ConcurrencyMax        int           `yaml:"concurrency_max" env:"CONCURRENCY_MAX" envDefault:"256" min:"1" max:"100000"` // operations that run at once, however short the latency
}

// Cost limits one client request by @cost and @listSize; 0 is no limit.
type Cost struct {
	Anonymous int `yaml:"anonymous" env:"ANONYMOUS" envDefault:"0" min:"0" max:"1000000000"`
	SignedIn  int `yaml:"signed_in" env:"SIGNED_IN" envDefault:"0" min:"0" max:"1000000000"`
	ListSize  int `yaml:"list_size" env:"LIST_SIZE" envDefault:"10" min:"1" max:"1000000"` // of a list without @listSize
}

// Rate limits actors: the price of their requests, the cost of their operations,
// and single root fields.
type Rate struct {
	Enabled    bool                 `yaml:"enabled" env:"LIMIT"`
	Anonymous  ratelimit.Rate       `yaml:"anonymous" env:"ANONYMOUS" envDefault:"120000:120000"`
	Guest      ratelimit.Rate       `yaml:"guest" env:"GUEST" envDefault:"60000:60000"`
	User       ratelimit.Rate       `yaml:"user" env:"USER" envDefault:"60000:60000"`
	APIClient  ratelimit.Rate       `yaml:"api_client" env:"API_CLIENT" envDefault:"120000:60000"`
	PerAddress ratelimit.Rate       `yaml:"per_address" env:"PER_ADDRESS" envDefault:"600000:600000"`    // guests and users of an address together
	Request    int                  `yaml:"request" env:"REQUEST" envDefault:"5" min:"0" max:"1000000"`  // of any request, also a refused one
	Bytes      int                  `yaml:"bytes" env:"BYTES" envDefault:"128" min:"0" max:"1073741824"` // for which one more is charged; 0: none
	Fields     map[string]FieldRate `yaml:"fields" env:"FIELDS"`
}

// Persisted selects which documents run, and bounds the automatic ones.
type Persisted struct {
	Mode      persisted.Mode `yaml:"mode" env:"MODE" envDefault:"automatic"`
	Manifests []string       `yaml:"manifests" env:"MANIFESTS"` // files
	Entries   int            `yaml:"entries" env:"ENTRIES" envDefault:"10000" min:"1" max:"10000000"`
	Bytes     settings.Size  `yaml:"bytes" env:"BYTES" envDefault:"64MiB" min:"1" max:"64GiB"`
}

// Batch limits several operations in one HTTP request.
type Batch struct {
	Size    int      `yaml:"size" env:"SIZE" envDefault:"10" min:"0" max:"1000"` // operations; 0: no batches
	Exclude []string `yaml:"exclude" env:"EXCLUDE"`                              // root fields that are refused in a batch
}

// Streams bounds subscriptions over HTTP, and WebSocket connections.
type Streams struct {
	Heartbeat     time.Duration `yaml:"heartbeat" env:"HEARTBEAT" envDefault:"15s" min:"1ms" max:"10m"`
	Reserved      time.Duration `yaml:"reserved" env:"RESERVED" envDefault:"30s" min:"1ms" max:"10m"`             // until a reserved single connection must be opened
	Subscriptions int           `yaml:"subscriptions" env:"SUBSCRIPTIONS" envDefault:"100" min:"1" max:"1000000"` // concurrent, per client
	PerAddress    int           `yaml:"per_address" env:"PER_ADDRESS" envDefault:"250" min:"1" max:"1000000"`     // concurrent subscriptions, per address
	Sockets       int           `yaml:"sockets" env:"SOCKETS" envDefault:"100" min:"1" max:"1000000"`             // concurrent, per address
}

// Socket bounds one WebSocket connection.
type Socket struct {
	Init       time.Duration `yaml:"init" env:"INIT" envDefault:"5s" min:"1ms" max:"10m"`
	Ping       time.Duration `yaml:"ping" env:"PING" envDefault:"15s" min:"1ms" max:"10m"`
	Write      time.Duration `yaml:"write" env:"WRITE" envDefault:"10s" min:"1ms" max:"10m"`
	Recheck    time.Duration `yaml:"recheck" env:"RECHECK" envDefault:"1m" min:"1ms" max:"24h"`
	Message    settings.Size `yaml:"message" env:"MESSAGE" envDefault:"64KiB" min:"1" max:"64MiB"`
	Operations int           `yaml:"operations" env:"OPERATIONS" envDefault:"50" min:"1" max:"100000"`
}

// Telemetry exports traces. Without an endpoint none are recorded; the variables
// of OpenTelemetry, such as OTEL_EXPORTER_OTLP_ENDPOINT, apply too.
type Telemetry struct {
	Endpoint string  `yaml:"endpoint" env:"ENDPOINT" format:"url"`
	Service  string  `yaml:"service" env:"SERVICE" envDefault:"cartograph-router"`
	Sample   float64 `yaml:"sample" env:"SAMPLE" envDefault:"1" min:"0" max:"1"` // share of requests that arrive without a sampling decision
}

// files returns those that the router is built from.
func (s *Settings) files() files {
	return watch(append([]string{s.file, s.Supergraph}, s.Persisted.Manifests...)...)
}

// needRestart names the changed settings that a reload cannot apply.
func (s *Settings) needRestart(before *Settings) []string {
	var names []string
	for _, f := range []struct {
		name    string
		changed bool
	}{
		{"listen", s.Listen != before.Listen},
		{"operations", s.Operations != before.Operations},
		{"limits.connections", s.Limits.Connections != before.Limits.Connections},
		{"limits.connections_per_address", s.Limits.ConnectionsPerAddress != before.Limits.ConnectionsPerAddress},
		{"path", s.Path != before.Path},
		{"playground", s.Playground != before.Playground},
		{"redis_url", s.RedisURL != before.RedisURL},
		{"telemetry", s.Telemetry != before.Telemetry},
	} {
		if f.changed {
			names = append(names, f.name)
		}
	}
	return names
}
