package plan

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/graphql_datasource"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"

	"cartograph/router/supergraph"
)

// Upstream connects plans to one subgraph.
type Upstream struct {
	URL    string
	Client *http.Client
	Events graphql_datasource.GraphQLSubscriptionClient
}

// sources builds a data source for each subgraph. ctx bounds their lifetime.
func sources(ctx context.Context, sg *supergraph.Supergraph, upstreams map[string]Upstream) ([]engine.DataSource, error) {
	var out []engine.DataSource
	for _, s := range sg.Subgraphs {
		up, ok := upstreams[s.Name]
		if !ok {
			return nil, fmt.Errorf("subgraph %s has no upstream", s.Name)
		}
		source, err := dataSource(ctx, sg, s, up)
		if err != nil {
			return nil, fmt.Errorf("subgraph %s: %w", s.Name, err)
		}
		out = append(out, source)
	}
	return out, nil
}

func dataSource(ctx context.Context, sg *supergraph.Supergraph, s supergraph.Subgraph, up Upstream) (engine.DataSource, error) {
	meta, err := metadata(sg, s.ID)
	if err != nil {
		return nil, err
	}
	sdl := sg.SubgraphSchema(s.ID)
	schema, err := graphql_datasource.NewSchemaConfiguration(sdl, &graphql_datasource.FederationConfiguration{Enabled: true, ServiceSDL: sdl})
	if err != nil {
		return nil, err
	}
	config, err := graphql_datasource.NewConfiguration(graphql_datasource.ConfigurationInput{
		Fetch:               &graphql_datasource.FetchConfiguration{URL: up.URL, Method: http.MethodPost},
		Subscription:        &graphql_datasource.SubscriptionConfiguration{URL: up.URL, UseSSE: true, SSEMethodPost: true},
		SchemaConfiguration: schema,
	})
	if err != nil {
		return nil, err
	}
	factory, err := graphql_datasource.NewFactory(ctx, up.Client, up.Events)
	if err != nil {
		return nil, err
	}
	// Unions may hold members whose equal fields differ in nullability. The
	// planner has a switch for this too, which writes to the factory while
	// other plans are being made.
	factory.EnableSubgraphFieldSelectionMergingNullabilityRelaxation()
	return engine.NewDataSourceConfigurationWithName[graphql_datasource.Configuration](s.ID, s.Name, factory, meta, config)
}

// fieldConfigurations returns every field with arguments, because the engine drops
// the arguments of any other, and every field with an access rule.
func fieldConfigurations(sg *supergraph.Supergraph, rules map[supergraph.Coordinate]supergraph.Access) engine.FieldConfigurations {
	var out engine.FieldConfigurations
	for _, t := range sg.Types {
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, f := range t.Fields {
			_, guarded := rules[supergraph.Coordinate{Type: t.Name, Field: f.Name}]
			if len(f.Arguments) == 0 && !guarded {
				continue
			}
			fc := engine.FieldConfiguration{TypeName: t.Name, FieldName: f.Name, HasAuthorizationRule: guarded}
			for _, a := range f.Arguments {
				fc.Arguments = append(fc.Arguments, engine.ArgumentConfiguration{Name: a.Name, SourceType: engine.FieldArgumentSource})
			}
			out = append(out, fc)
		}
	}
	return out
}
