package schema_test

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	gql "github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"golang.org/x/tools/go/packages"

	"cartograph/internal/fault"
	"cartograph/schema"
)

// impossible are codes that a mutation's code refers to and never returns, with
// the reason.
var impossible = map[string]map[string]string{
	"userLogin": {"INVALID_INPUT": "an address that is not valid belongs to no account"},
	"cartCreate": {
		"CART_CONVERTED":         "it locks the active cart",
		"IDEMPOTENCY_KEY_REUSED": "it takes no key",
		"NOT_FOUND":              "it creates the cart that is not there",
	},
	"cartLinesAdd": {
		"CURRENCY_MISMATCH":      "it takes no discount codes",
		"DISCOUNT_EXPIRED":       "it takes no discount codes",
		"DISCOUNT_INVALID":       "it takes no discount codes",
		"DISCOUNT_LIMIT_REACHED": "it takes no discount codes",
	},
	"cartLinesRemove":           {"INVALID_INPUT": "the currency of a cart is valid"},
	"cartClear":                 {"INVALID_INPUT": "the currency of a cart is valid"},
	"cartMerge":                 {"INVALID_INPUT": "the currency of a cart is valid"},
	"cartLinesMoveToWishlist":   {"INVALID_INPUT": "the currency of a cart is valid"},
	"cartDiscountCodesRemove":   {"INVALID_INPUT": "the currency of a cart is valid"},
	"cartPricesAcknowledge":     {"INVALID_INPUT": "the currency of a cart is valid"},
	"checkoutReservationExtend": {"INVALID_INPUT": "the time is the server's"},
	"checkoutRequote": {
		"CHECKOUT_EXPIRED":            "an expired checkout can be replaced",
		"CONFLICT":                    "it expects no version of the cart",
		"IDEMPOTENCY_KEY_REUSED":      "it takes no key",
		"RESERVATION_EXPIRED":         "a checkout whose reservation ended can be replaced",
		"SHIPPING_METHOD_UNAVAILABLE": "the earlier method is preferred, not required",
	},
	"checkoutCancel": {
		"CHECKOUT_EXPIRED":    "only an ordered checkout is refused",
		"INSUFFICIENT_STOCK":  "only an ordered checkout is refused",
		"INVALID_INPUT":       "the ID is that of a checkout",
		"RESERVATION_EXPIRED": "only an ordered checkout is refused",
		"RESERVATION_LIMIT":   "only an ordered checkout is refused",
	},
	"orderCancel":         {"RESERVATION_LIMIT": "it reserves nothing"},
	"shipmentCreate":      {"RESERVATION_LIMIT": "it reserves nothing"},
	"orderNoteAdd":        {"RESERVATION_LIMIT": "it reserves nothing"},
	"shipmentTrackingAdd": {"RESERVATION_LIMIT": "it reserves nothing"},
	"returnRequest":       {"RESERVATION_LIMIT": "it reserves nothing"},
	"returnCancel":        {"RESERVATION_LIMIT": "it reserves nothing"},
	"returnDecide":        {"RESERVATION_LIMIT": "it reserves nothing"},
	"returnReceive":       {"RESERVATION_LIMIT": "it reserves nothing"},
	"paymentConfirm": { // the payment is decided when Order is called, and a failed call is left to the event
		"OPERATION_IN_PROGRESS": "faults of the order's next steps are not the payment's",
		"ORDER_ALREADY_PAID":    "faults of the order's next steps are not the payment's",
		"ORDER_NOT_PAYABLE":     "faults of the order's next steps are not the payment's",
	},
}

// TestMutationsListTheCodesThatTheyReturn follows the references from each
// mutation's resolver, through calls between services, to the faults that can be
// created there.
func TestMutationsListTheCodesThatTheyReturn(t *testing.T) {
	t.Parallel()
	program := load(t)
	mutations := 0
	for _, subgraph := range []string{"user", "product", "cart", "order", "payment"} {
		document := document(t, subgraph)
		enum := map[string]bool{}
		for _, value := range document.Definitions.ForName("ErrorCode").EnumValues {
			enum[value.Name] = true
		}
		for _, field := range document.Definitions.ForName("Mutation").Fields {
			mutations++
			_, listed := schema.UserErrorCodes(field.Description)
			returned := program.from(subgraph, field.Name).userErrors(subgraph, enum)
			for _, code := range slices.Sorted(maps.Keys(returned)) {
				switch {
				case impossible[field.Name][code] != "":
				case !enum[code]:
					t.Errorf("%s returns %s, which is not in ErrorCode (%s)", field.Name, code, returned[code])
				case !slices.Contains(listed, code):
					t.Errorf("%s does not list %s (%s)", field.Name, code, returned[code])
				}
			}
			for _, code := range listed {
				if returned[code] == "" || impossible[field.Name][code] != "" {
					t.Errorf("%s lists %s and never returns it", field.Name, code)
				}
			}
		}
	}
	if mutations < 30 {
		t.Errorf("found %d mutations, want more", mutations)
	}
}

func document(t *testing.T, subgraph string) *gql.SchemaDocument {
	t.Helper()
	text, err := os.ReadFile(subgraph + ".graphql")
	if err != nil {
		t.Fatal(err)
	}
	document, err := parser.ParseSchema(&gql.Source{Name: subgraph, Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// faults are the codes of faults, with their kind and the path of references to
// where they are created.
type faults map[string]struct{ kind, path string }

// userErrors are the faults that graph/errors.go of a subgraph converts to user
// errors.
func (f faults) userErrors(subgraph string, enum map[string]bool) map[string]string {
	codes := map[string]string{}
	for code, from := range f {
		switch kind := fault.Kind(from.kind); subgraph {
		case "order":
			if kind != "" && kind != fault.Invalid && kind != fault.NotFound && kind != fault.Conflict {
				continue
			}
			if !enum[code] {
				code = from.kind
			}
		case "payment", "product":
			if !enum[code] {
				continue
			}
		default:
			if kind == fault.Unavailable {
				continue
			}
		}
		codes[code] = from.path
	}
	return codes
}

// program has for each function and variable of the services what it refers to
// and which faults it creates. Functions are named as by types.Func.FullName.
type program struct {
	references map[string]map[string]bool
	created    map[string]map[string]string // code, kind
	methods    map[string][]string          // name and signature
}

func load(t *testing.T) *program {
	t.Helper()
	// Dependencies are read from the build cache.
	mode := packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports
	loaded, err := packages.Load(&packages.Config{Mode: mode, Dir: "..", Context: t.Context()}, "./subgraphs/...", "./consumers/...", "./internal/...")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{references: map[string]map[string]bool{}, created: map[string]map[string]string{}, methods: map[string][]string{}}
	for _, pkg := range loaded {
		for _, err := range pkg.Errors {
			t.Fatal(err)
		}
		for _, file := range pkg.Syntax {
			for _, declaration := range file.Decls {
				p.declare(pkg.TypesInfo, declaration)
			}
		}
	}
	return p
}

func (p *program) declare(info *types.Info, declaration ast.Decl) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		f, ok := info.Defs[d.Name].(*types.Func)
		if !ok {
			return
		}
		if d.Recv != nil {
			key := methodKey(f)
			p.methods[key] = append(p.methods[key], f.FullName())
		}
		p.scan(info, f.FullName(), d)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR {
				for _, name := range v.Names {
					p.scan(info, nameOf(info.Defs[name]), v)
				}
			}
		}
	}
}

// nameOf identifies a function or a package's variable.
func nameOf(o types.Object) string {
	switch o := o.(type) {
	case *types.Func:
		return o.Origin().FullName()
	case *types.Var:
		if o.Pkg() != nil && o.Parent() == o.Pkg().Scope() {
			return o.Pkg().Path() + "." + o.Name()
		}
	}
	return ""
}

// methodKey is the same for a method of an interface and those that implement
// it; others may have it too, which only adds codes.
func methodKey(f *types.Func) string {
	key := f.Name()
	for _, tuple := range []*types.Tuple{f.Signature().Params(), f.Signature().Results()} {
		for v := range tuple.Variables() {
			key += " " + v.Type().String()
		}
		key += ";"
	}
	return key
}

func (p *program) scan(info *types.Info, name string, body ast.Node) {
	p.references[name], p.created[name] = map[string]bool{}, map[string]string{}
	dynamic := "" // the kind of faults whose code is a variable
	var constants []string
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			// A fault that is only compared with nil is not returned.
			if _, ok := n.X.(*ast.CallExpr); ok && info.Types[n.Y].IsNil() {
				return false
			}
		case *ast.CallExpr:
			code, kind, found := faultOf(info, n)
			switch {
			case found && code == "":
				dynamic = kind
				return false
			case found:
				p.created[name][code] = kind
				return false
			}
		case *ast.CompositeLit:
			// An error type returns its fault from Unwrap.
			if t := info.TypeOf(n); t != nil {
				if f, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, nil, "Unwrap"); f != nil {
					p.references[name][nameOf(f)] = true
				}
			}
		case *ast.BasicLit:
			constants = append(constants, textOf(info, n))
		case *ast.Ident:
			if used := nameOf(info.Uses[n]); used != "" {
				p.references[name][used] = true
			}
			if f, ok := info.Uses[n].(*types.Func); ok && f.Signature().Recv() != nil && types.IsInterface(f.Signature().Recv().Type()) {
				p.references[name][methodKey(f)] = true
			}
		}
		return true
	})
	if dynamic == "" {
		return
	}
	for _, c := range constants {
		if codeForm.MatchString(c) {
			p.created[name][c] = dynamic
		}
	}
}

var codeForm = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)+$`)

// faultOf returns the code and the kind of the fault that a call creates. The code
// is empty if it is a variable.
func faultOf(info *types.Info, call *ast.CallExpr) (code, kind string, found bool) {
	var called types.Object
	selector, isMethod := call.Fun.(*ast.SelectorExpr)
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		called = info.Uses[f.Sel]
	case *ast.Ident:
		called = info.Uses[f]
	}
	switch nameOf(called) {
	case "cartograph/internal/fault.New", "cartograph/internal/fault.Localized":
		kind = textOf(info, call.Args[0])
		return kind, kind, kind != ""
	case "(*cartograph/internal/fault.Error).At":
		if inner, ok := selector.X.(*ast.CallExpr); ok && isMethod {
			return faultOf(info, inner)
		}
	case "(*cartograph/internal/fault.Error).WithCode":
		if inner, ok := selector.X.(*ast.CallExpr); ok && isMethod {
			_, kind, _ = faultOf(info, inner)
		}
		return textOf(info, call.Args[0]), kind, true
	}
	return "", "", false
}

// textOf is the value of a constant expression, or "".
func textOf(info *types.Info, e ast.Expr) string {
	if v := info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v)
	}
	return ""
}

// from collects the faults that are reachable from a mutation's resolver.
func (p *program) from(subgraph, mutation string) faults {
	resolver := ""
	for name := range p.references { // apiClientCreate is APIClientCreate
		if strings.EqualFold(name, "(*cartograph/subgraphs/"+subgraph+"/graph.mutationResolver)."+mutation) {
			resolver = name
		}
	}
	found, seen := faults{}, map[string]bool{}
	var visit func(name, path string)
	visit = func(name, path string) {
		if seen[name] {
			return
		}
		seen[name] = true
		path += " > " + name[strings.LastIndexByte(name, '.')+1:]
		for code, kind := range p.created[name] {
			if _, known := found[code]; !known {
				found[code] = struct{ kind, path string }{kind, path}
			}
		}
		for _, next := range slices.Sorted(maps.Keys(p.references[name])) {
			visit(next, path)
			for _, method := range p.methods[next] {
				visit(method, path)
			}
		}
	}
	visit(resolver, "")
	return found
}
