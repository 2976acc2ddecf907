package message_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// unlocalized are the functions of services and workers that return faults whose
// sentence is for programs and logs, each with the reason why no customer reads it.
var unlocalized = map[string]string{
	"cartograph/subgraphs/user.linkNotFound":      "the notification service drops the mail",
	"(*cartograph/subgraphs/user.Server).Contact": "order replaces it by its own sentence about the address",

	"(*cartograph/subgraphs/order.Service).guestClaimed":          "an event is refused",
	"(*cartograph/subgraphs/payment.writer).guestClaimed":         "an event is refused",
	"(*cartograph/consumers/searchindex.Worker).storeSnapshots":   "an event is refused",
	"(*cartograph/consumers/notification.Worker).stockAlertDue":   "an event is refused",
	"(*cartograph/consumers/notification.Worker).enqueue":         "an event is refused",
	"(*cartograph/consumers/notification.Worker).notificationDue": "an event is refused",
	"(*cartograph/subgraphs/user.Service).handleNotifications":    "an event is refused",
	"(*cartograph/subgraphs/user.Service).notificationPosted":     "an event is refused",
	"(*cartograph/subgraphs/user.Service).unsubscribed":           "an event is refused",
	"(cartograph/subgraphs/payment.AuthorizeRequest).check":       "order fills in the request; no part of it is a client's input",
	"(*cartograph/subgraphs/payment.writer).requestAuthorization": "order sends the total that it stored",

	"(*cartograph/subgraphs/cart.Server).ReadCarts":            "order reads as many carts at once as may be",
	"(cartograph/subgraphs/payment.Server).ReadMethod":         "the mail is sent without the card",
	"(cartograph/subgraphs/product.Catalogue).PriceVariants":   "cart and order check the currency and the number of lines first",
	"(*cartograph/subgraphs/product.Service).Import":           "an import is refused; its operator reads the log",
	"(*cartograph/subgraphs/product.Service).importCategories": "an import is refused; its operator reads the log",
	"(*cartograph/subgraphs/product.Service).importDrafts":     "an import is refused; its operator reads the log",
	"(*cartograph/consumers/inventory.Worker).receiveParts":    "a delivery is refused; its operator reads the log",
	"cartograph/consumers/inventory.recordIncrease":            "a delivery or an event is refused; its operator reads the log",
	"cartograph/consumers/inventory.restock":                   "an event is refused",
	"(cartograph/consumers/inventory.Adjustment).check":        "product checks the staff's input first, with sentences of its own",
	"(*cartograph/consumers/inventory.Delivery).check":         "product checks the staff's input first, with sentences of its own",
	"(*cartograph/consumers/inventory.Worker).Receipts":        "product reads pages within the limit",
	"cartograph/consumers/inventory.accountable":               "the router checks the scope first; a service without an actor has a bug",
	"(*cartograph/consumers/inventory.Worker).Levels":          "product reads levels in batches below the limit",
	"(*cartograph/consumers/inventory.Worker).Join":            "order joins lines in batches below the limit",
	"(*cartograph/consumers/inventory.Worker).Extend":          "the duration is a setting of order",
	"(cartograph/consumers/inventory.Request).normalise":       "order checks the lines first; the duration is its setting",
	"cartograph/consumers/inventory.checkID":                   "order generates the ID",
}

// Customers read faults in their language, so services and workers take sentences
// from the catalogue. Whoever adds a function to the list states why no customer reads
// its sentence.
func TestFaultsWithoutASentenceOfTheCatalogueAreForPrograms(t *testing.T) {
	t.Parallel()
	found := map[string]token.Position{}
	var services []string
	for _, path := range speakers(t) {
		if strings.HasPrefix(path, "cartograph/subgraphs/") || strings.HasPrefix(path, "cartograph/consumers/") {
			services = append(services, path)
		}
	}
	for _, p := range load(t, packages.NeedSyntax|packages.NeedTypes|packages.NeedTypesInfo, services...) {
		for _, file := range p.Syntax {
			for _, declaration := range file.Decls {
				name := p.PkgPath // of a variable or constant outside functions
				if fn, ok := declaration.(*ast.FuncDecl); ok {
					name = p.TypesInfo.Defs[fn.Name].(*types.Func).FullName()
				}
				ast.Inspect(declaration, func(n ast.Node) bool {
					if makesUnlocalized(p.TypesInfo, n) {
						found[name] = p.Fset.Position(n.Pos())
					}
					return true
				})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if unlocalized[name] == "" {
			t.Errorf("%s: %s returns a fault whose sentence is not in the catalogue: use fault.Localized", found[name], name)
		}
	}
	for name := range unlocalized {
		if _, ok := found[name]; !ok {
			t.Errorf("%s is in the list, and returns no fault outside the catalogue", name)
		}
	}
}

// makesUnlocalized reports whether n uses fault.New, called or as a value, or
// composes a fault without a constructor.
func makesUnlocalized(info *types.Info, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Ident:
		fn, ok := info.Uses[n].(*types.Func)
		return ok && fn.FullName() == faultPath+".New"
	case *ast.CompositeLit:
		return info.TypeOf(n).String() == faultPath+".Error"
	}
	return false
}
