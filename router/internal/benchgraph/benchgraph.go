// Package benchgraph is the graph that federation gateways are compared with:
// users, their reviews, the products of these, and again their reviews, over
// four subgraphs; and three operations on it, of which the largest visits all
// of them in several stages.
package benchgraph

import (
	_ "embed"
	"fmt"
	"strings"

	"cartograph/router/internal/fakesubgraph"
)

// SDL is the supergraph. Its subgraphs' addresses must be replaced.
//
//go:embed supergraph.graphql
var SDL string

// Operation is one that is measured.
type Operation struct{ Name, Query string }

// Operations are the measured ones, largest first. They need 7, 3 and 1
// requests to subgraphs, and answer some 90 KB, 4 KB and 70 bytes.
func Operations() []Operation {
	heavy := `
		fragment User on User { id username name }
		fragment Review on Review { id body }
		fragment Product on Product { inStock name price shippingEstimate upc weight }
		query Heavy {
			users { ...User reviews { ...Review product { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } } } }
			topProducts { ...Product reviews { ...Review author { ...User reviews { ...Review product { ...Product } } } } }
		}`
	return []Operation{
		{"heavy", strings.Join(strings.Fields(heavy), " ")},
		{"medium", `query Medium { topProducts(first: 5) { upc name price inStock shippingEstimate reviews { id body } } }`},
		{"light", `query Light { me { id name username } }`},
	}
}

// Graphs are the subgraphs' data, by their names.
func Graphs() map[string]fakesubgraph.Graph {
	users, products := users(), products()
	return map[string]fakesubgraph.Graph{
		"accounts": {
			Query:    fakesubgraph.Object{"me": users[0], "users": users},
			Entities: entities("User", func(key string) any { return users[key[0]-'1'] }),
		},
		"products": {
			Query:    fakesubgraph.Object{"topProducts": products[:5]},
			Entities: entities("Product", func(key string) any { return products[key[0]-'1'] }),
		},
		"inventory": {
			Entities: map[string]func(fakesubgraph.Object) any{"Product": func(r fakesubgraph.Object) any {
				return fakesubgraph.Object{"__typename": "Product", "upc": r["upc"], "inStock": r["upc"].(string) < "5", "shippingEstimate": r["weight"]}
			}},
		},
		"reviews": {Entities: map[string]func(fakesubgraph.Object) any{
			"User":    func(r fakesubgraph.Object) any { return reviewer(r["id"].(string)) },
			"Product": func(r fakesubgraph.Object) any { return reviewed(r["upc"].(string)) },
		}},
	}
}

// entities answers by the one key field of a type.
func entities(typeName string, by func(key string) any) map[string]func(fakesubgraph.Object) any {
	return map[string]func(fakesubgraph.Object) any{typeName: func(r fakesubgraph.Object) any {
		if key, ok := r["id"].(string); ok {
			return by(key)
		}
		return by(r["upc"].(string))
	}}
}

func users() []fakesubgraph.Object {
	var all []fakesubgraph.Object
	for i, name := range []string{"Ada Lovelace", "Kim Yoon", "Sam Okafor", "Mia Rossi", "Jon Berg", "Lea Duval"} {
		all = append(all, fakesubgraph.Object{"__typename": "User", "id": fmt.Sprint(i + 1), "name": name, "username": strings.ToLower(name[:3])})
	}
	return all
}

func products() []fakesubgraph.Object {
	var all []fakesubgraph.Object
	for i, name := range []string{"Table", "Couch", "Glass", "Chair", "TV", "Lamp", "Grill", "Fridge", "Sofa"} {
		all = append(all, fakesubgraph.Object{
			"__typename": "Product", "upc": fmt.Sprint(i + 1), "name": name, "price": 100 + 800*i, "weight": 20 + 300*i,
		})
	}
	return all
}

// reviewer is a user in the reviews graph: the author of the first two.
func reviewer(id string) fakesubgraph.Object {
	return fakesubgraph.Object{"__typename": "User", "id": id, "username": "ada", "reviews": fakesubgraph.Resolver(func(fakesubgraph.Call) (any, error) {
		return reviews("1")[:2], nil
	})}
}

// reviewed is a product in the reviews graph.
func reviewed(upc string) fakesubgraph.Object {
	return fakesubgraph.Object{"__typename": "Product", "upc": upc, "reviews": fakesubgraph.Resolver(func(fakesubgraph.Call) (any, error) {
		return reviews(upc), nil
	})}
}

// reviews of a product: some have four, some one or two, some none.
func reviews(upc string) []fakesubgraph.Object {
	lengths := map[string][]int{"1": {446, 290, 276, 144}, "2": {446, 290, 276, 144}, "3": {144}, "4": {144, 850}}[upc]
	all := []fakesubgraph.Object{}
	for i, length := range lengths {
		all = append(all, fakesubgraph.Object{
			"__typename": "Review", "id": upc + fmt.Sprint(i), "body": prose(length),
			"product": fakesubgraph.Resolver(func(fakesubgraph.Call) (any, error) { return reviewed(upc), nil }),
			"author":  fakesubgraph.Resolver(func(fakesubgraph.Call) (any, error) { return reviewer("1"), nil }),
		})
	}
	return all
}

// prose is a text of a length in bytes.
func prose(length int) string {
	const words = "It came on time, stands where I put it and has not wobbled since; the finish is as shown. "
	return strings.TrimSpace(strings.Repeat(words, 1+length/len(words))[:length])
}
