package router_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"cartograph/router"
	"cartograph/router/transport"
)

// counted reads metrics as "name{labels}" to value.
func counted(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			value := m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			all[family.GetName()+"{"+strings.Join(labels, ",")+"}"] = value
		}
	}
	return all
}

func meteredShop(t *testing.T) (*shop, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	return newShop(t, func(c *router.Config) {
		c.Metrics, c.Priorities = router.NewMetrics(registry), map[string]transport.Priority{"me": transport.High}
	}), registry
}

func TestOperationsClientsCachesAndCircuitsAreCounted(t *testing.T) {
	t.Parallel()
	s, registry := meteredShop(t)
	for range 3 {
		s.post(t, "query Home { me { id } }", "Graphql-Client-Name", "web", "Graphql-Client-Version", "2")
	}
	s.post(t, "{ me { id } }")
	s.post(t, "{ nothing }")
	got := counted(t, registry)
	for metric, want := range map[string]float64{
		"cartograph_router_requests_total{code=OK,kind=query,operation=Home}":               3,
		"cartograph_router_requests_total{code=OK,kind=query,operation=anonymous}":          1,
		"cartograph_router_requests_total{code=GRAPHQL_VALIDATION_FAILED,kind=,operation=}": 1,
		"cartograph_router_request_seconds{kind=query,operation=Home}":                      3,
		"cartograph_router_priority_seconds{priority=high,result=ok}":                       4,
		"cartograph_router_client_requests_total{client=web,code=OK,version=2}":             3,
		"cartograph_router_client_requests_total{client=unnamed,code=OK,version=}":          1,
		"cartograph_router_executions_total{executor=own}":                                  4,
		"cartograph_router_fetch_seconds{code=OK,subgraph=accounts}":                        4,
		"cartograph_router_cache_total{cache=documents,result=hit}":                         2,
		"cartograph_router_cache_total{cache=documents,result=miss}":                        3,
		"cartograph_router_subgraph_circuit{state=closed,subgraph=accounts}":                1,
		"cartograph_router_subgraph_circuit{state=open,subgraph=accounts}":                  0,
	} {
		if got[metric] != want {
			t.Errorf("%s = %v, want %v", metric, got[metric], want)
		}
	}
}

func TestUseOfDeprecatedFieldsIsCountedByClient(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	s := newShop(t, func(c *router.Config) {
		c.Metrics = router.NewMetrics(registry)
		c.SDL = regexp.MustCompile(`(?m)^  greeting: .*$`).ReplaceAllString(c.SDL, `$0 @deprecated(reason: "Nobody greets.")`)
	})
	s.post(t, "{ a: greeting b: greeting me { id } }", "Apollographql-Client-Name", "ios", "Apollographql-Client-Version", "7.1")
	s.post(t, "{ me { id } }", "Apollographql-Client-Name", "ios", "Apollographql-Client-Version", "7.1")
	got := map[string]float64{}
	for metric, value := range counted(t, registry) {
		if strings.HasPrefix(metric, "cartograph_router_deprecated_fields_total") {
			got[metric] = value
		}
	}
	want := map[string]float64{"cartograph_router_deprecated_fields_total{client=ios,field=Query.greeting,version=7.1}": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("uses of deprecated fields (-want +got):\n%s", diff)
	}
}

func TestClientsCannotMakeMetricsGrow(t *testing.T) {
	t.Parallel()
	s, registry := meteredShop(t)
	for n := range 300 {
		s.post(t, fmt.Sprintf("query Q%d { __typename }", n), "Graphql-Client-Name", fmt.Sprintf("c%d", n))
	}
	s.post(t, "{ __typename }", "Graphql-Client-Name", strings.Repeat("n", 500))
	s.post(t, "{ __typename }", "Graphql-Client-Name", "\xff\x80")
	operations, clients := 0, 0
	for metric := range counted(t, registry) {
		if strings.HasPrefix(metric, "cartograph_router_requests_total") {
			operations++
		}
		if strings.HasPrefix(metric, "cartograph_router_client_requests_total") {
			clients++
		}
	}
	if operations > 210 || operations < 200 || clients > 110 || clients < 100 {
		t.Errorf("%d operations and %d clients have series of their own, want about 200 and 100", operations, clients)
	}
}

func TestMetricsOutliveARouter(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	metrics := router.NewMetrics(registry)
	for range 2 {
		s := newShop(t, func(c *router.Config) { c.Metrics = metrics })
		s.post(t, "query Home { __typename }")
	}
	if got := counted(t, registry)["cartograph_router_requests_total{code=OK,kind=query,operation=Home}"]; got != 2 {
		t.Errorf("counted %v operations over two routers, want 2", got)
	}
}
