package plan

import (
	"fmt"
	"slices"
	"strings"

	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// Node is a part of an operation's plan in readable form. A plan without fetches,
// such as of __typename alone, is an empty Sequence.
type Node struct {
	Kind NodeKind `json:"kind"`
	// Of a Fetch or a Stream: the subgraph and the document sent to it.
	Subgraph string `json:"subgraph,omitempty"`
	Query    string `json:"query,omitempty"`
	// Where in the response the result belongs; "@" stands for all elements of a
	// list. Empty is the root.
	Path string `json:"path,omitempty"`
	// The fields that identify the entities at Path, as fragments.
	Requires []string `json:"requires,omitempty"`
	// Of a Deferred: the client's name for it.
	Label    string  `json:"label,omitempty"`
	Children []*Node `json:"children,omitempty"`
}

// NodeKind is how a node's children run.
type NodeKind string

// The kinds of node.
const (
	Sequence NodeKind = "Sequence" // one child after the other
	Parallel NodeKind = "Parallel" // all children at once
	Fetch    NodeKind = "Fetch"    // one request; its children are Entities
	Entities NodeKind = "Entities" // one of the paths of a merged Fetch
	Schema   NodeKind = "Schema"   // introspection, resolved without a request
	Stream   NodeKind = "Stream"   // a subscription; its children run for each event
	Deferred NodeKind = "Deferred" // runs after the nodes before it were sent
)

// Tree returns the operation's plan.
func (o *Operation) Tree() *Node {
	switch p := o.Plan.(type) {
	case *engine.SynchronousResponsePlan:
		return orNothing(fetchTree(p.Response.Fetches))
	case *engine.SubscriptionResponsePlan:
		trigger := p.Response.Trigger
		stream := &Node{Kind: Stream, Subgraph: trigger.SourceName, Query: queryOf(trigger.QueryPlan)}
		if rest := fetchTree(p.Response.Response.Fetches); rest != nil {
			stream.Children = []*Node{rest}
		}
		return stream
	case *engine.DeferResponsePlan:
		return deferredTree(p.Response)
	default:
		return orNothing(nil)
	}
}

func orNothing(n *Node) *Node {
	if n == nil {
		return &Node{Kind: Sequence}
	}
	return n
}

// deferredTree puts the deferred groups after the initial response.
func deferredTree(r *resolve.GraphQLDeferResponse) *Node {
	all := &Node{Kind: Sequence}
	if first := fetchTree(r.Response.Fetches); first != nil {
		all.Children = append(all.Children, first)
	}
	if late := deferredNode(r, r.DeferTree); late != nil {
		all.Children = append(all.Children, late)
	}
	return all
}

func deferredNode(r *resolve.GraphQLDeferResponse, n *resolve.DeferTreeNode) *Node {
	if n == nil {
		return nil
	}
	out := &Node{Kind: Sequence}
	switch n.Kind {
	case resolve.DeferTreeNodeKindSingle:
		about := r.DeferDescriptors[n.Item.DeferID]
		out = &Node{Kind: Deferred, Label: about.Label, Path: strings.Join(about.Path, ".")}
		if fetches := fetchTree(n.Item.Fetches); fetches != nil {
			out.Children = []*Node{fetches}
		}
		return out
	case resolve.DeferTreeNodeKindParallel:
		out.Kind = Parallel
	case resolve.DeferTreeNodeKindSequence:
	}
	for _, child := range n.ChildNodes {
		if node := deferredNode(r, child); node != nil {
			out.Children = append(out.Children, node)
		}
	}
	if len(out.Children) == 1 {
		return out.Children[0]
	}
	return out
}

// fetchTree converts the engine's tree. Groups of one are unwrapped, and parallel
// nodes are sorted by name, so that equal plans have equal trees.
func fetchTree(n *resolve.FetchTreeNode) *Node {
	if n == nil {
		return nil
	}
	out := &Node{Kind: Sequence}
	switch n.Kind {
	case resolve.FetchTreeNodeKindSingle:
		return fetchNode(n.Item)
	case resolve.FetchTreeNodeKindParallel:
		out.Kind = Parallel
	case resolve.FetchTreeNodeKindSequence, resolve.FetchTreeNodeKindTrigger:
	}
	for _, child := range n.ChildNodes {
		if node := fetchTree(child); node != nil {
			out.Children = append(out.Children, node)
		}
	}
	switch {
	case len(out.Children) == 0:
		return nil
	case len(out.Children) == 1:
		return out.Children[0]
	}
	if out.Kind == Parallel {
		slices.SortStableFunc(out.Children, func(a, b *Node) int {
			return strings.Compare(a.Subgraph+" "+a.Path, b.Subgraph+" "+b.Path)
		})
	}
	return out
}

func fetchNode(item *resolve.FetchItem) *Node {
	info := item.Fetch.FetchInfo()
	out := &Node{Kind: Fetch, Subgraph: info.DataSourceName, Path: item.ResponsePath, Query: queryOf(info.QueryPlan)}
	if isIntrospection(item) {
		return &Node{Kind: Schema}
	}
	if multi, ok := item.Fetch.(*resolve.MultiEntityFetch); ok {
		out.Path = ""
		for _, e := range multi.Input.Entries {
			out.Children = append(out.Children, &Node{Kind: Entities, Path: e.Item.ResponsePath, Requires: requirements(e.Info)})
		}
		return out
	}
	out.Requires = requirements(info)
	return out
}

func isIntrospection(item *resolve.FetchItem) bool {
	for _, c := range item.Fetch.FetchInfo().RootFields {
		if isIntrospectionField(c.FieldName) {
			return true
		}
	}
	return false
}

func requirements(info *resolve.FetchInfo) []string {
	if info == nil || info.QueryPlan == nil {
		return nil
	}
	var out []string
	for _, r := range info.QueryPlan.DependsOnFields {
		// The engine writes a named fragment, whose name is generated.
		_, set, _ := strings.Cut(r.Fragment, "{")
		text := "... on " + r.TypeName + " { " + strings.Join(strings.Fields(strings.TrimSuffix(strings.TrimSpace(set), "}")), " ") + " }"
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

func queryOf(p *resolve.QueryPlan) string {
	if p == nil {
		return ""
	}
	var b strings.Builder
	depth := 0
	for line := range strings.Lines(p.Query) { // indented anew: merged documents have lost part of it
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "}") {
			depth--
		}
		opens := strings.HasSuffix(line, "{")
		if head := strings.TrimRight(strings.TrimSuffix(line, "{"), " "); opens && head != "" {
			line = head + " {"
		}
		b.WriteString(strings.Repeat("  ", max(depth, 0)) + strings.ReplaceAll(line, ")@", ") @") + "\n")
		if opens {
			depth++
		}
	}
	return strings.TrimSpace(b.String())
}

// Fetches counts the requests to subgraphs that the plan makes at most; of a
// subscription, for each event.
func (n *Node) Fetches() int {
	count := 0
	if n.Kind == Fetch {
		count++
	}
	for _, child := range n.Children {
		count += child.Fetches()
	}
	return count
}

// Rounds counts the requests on the longest path: those that wait for each other.
func (n *Node) Rounds() int {
	rounds := 0
	for _, child := range n.Children {
		if n.Kind == Parallel {
			rounds = max(rounds, child.Rounds())
		} else {
			rounds += child.Rounds()
		}
	}
	if n.Kind == Fetch {
		rounds++
	}
	return rounds
}

// String prints the tree, one node a line and its query below.
func (n *Node) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# fetches: %d, rounds: %d\n", n.Fetches(), n.Rounds())
	n.write(&b, "")
	return b.String()
}

func (n *Node) write(b *strings.Builder, indent string) {
	b.WriteString(indent + string(n.Kind))
	if n.Subgraph != "" {
		b.WriteString(" " + n.Subgraph)
	}
	if n.Label != "" {
		fmt.Fprintf(b, " %q", n.Label)
	}
	if n.Path != "" {
		b.WriteString(" at " + n.Path)
	}
	b.WriteByte('\n')
	indent += "  "
	for _, r := range n.Requires {
		b.WriteString(indent + "by " + r + "\n")
	}
	for _, child := range n.Children {
		if child.Kind == Entities {
			child.write(b, indent)
		}
	}
	for line := range strings.Lines(n.Query) {
		b.WriteString(indent + "| " + strings.TrimRight(line, "\n") + "\n")
	}
	for _, child := range n.Children {
		if child.Kind != Entities {
			child.write(b, indent)
		}
	}
}
