package execute

import (
	"encoding/json"
	"slices"

	"cartograph/router/execute/arena"
	"cartograph/router/gqlerr"
)

// ErrorPolicy is what clients see of the errors of one subgraph. The zero value
// masks every error whose code is not one of isClientCode, because most servers
// write their causes, such as a failed SQL statement, into messages.
type ErrorPolicy struct {
	// Codes are passed on with their messages, besides those of isClientCode. The
	// code "*" stands for all, and for errors without a code.
	Codes []string
	// Extensions are passed on with every error that is not masked. What the router
	// writes itself (code, service, requestId, retryAfter) is not among them.
	Extensions []string
}

// maxExtension is the size in bytes of an extension up to which it is passed on.
const maxExtension = 4 << 10

func (p ErrorPolicy) passes(code gqlerr.Code) bool {
	return isClientCode(code) || slices.Contains(p.Codes, "*") || code != "" && slices.Contains(p.Codes, string(code))
}

// extend adds the chosen extensions of a subgraph's error to a client's.
func (p ErrorPolicy) extend(out *gqlerr.Error, from map[string]json.RawMessage) {
	for _, name := range p.Extensions {
		if value, ok := from[name]; ok && len(value) <= maxExtension && !isOwnExtension(name) {
			out.Extensions[name] = value
		}
	}
}

func isOwnExtension(name string) bool {
	return slices.Contains([]string{"code", "service", "serviceName", "requestId", "retryAfter"}, name)
}

// extensionNames are those that the engine's resolver has to keep: what it drops
// cannot be passed on.
func (o Options) extensionNames() []string {
	names := []string{"code", "retryAfter"}
	for _, policy := range o.Errors {
		for _, name := range policy.Extensions {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// chosenExtensions reads those of an error that the subgraph's policy passes on.
// They are copied: the response they are part of is overwritten by the next run.
func (r *run) chosenExtensions(subgraph string, extensions arena.ID) map[string]json.RawMessage {
	var chosen map[string]json.RawMessage
	for _, name := range r.executor.Errors[subgraph].Extensions {
		if value := r.values.Get(extensions, name); value >= 0 {
			if chosen == nil {
				chosen = map[string]json.RawMessage{}
			}
			chosen[name] = slices.Clone(r.values.Raw(value))
		}
	}
	return chosen
}
