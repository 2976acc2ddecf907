package graph

import (
	"context"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/user/graph/gen"
)

// nodes finds any object by its id, in the order of ids. Users and addresses cost
// two statements for any number of ids; an object that the caller may not see is
// null, like one that does not exist. Objects of other subgraphs are returned by
// type and id, which reveals nothing, and the router fetches their fields there.
func (r *Resolver) nodes(ctx context.Context, ids []string) ([]gen.Node, error) {
	if len(ids) > subgraph.MaxPage {
		return nil, fault.Localized(fault.Invalid, "user.too_many_ids", message.Args{"limit": subgraph.MaxPage})
	}
	found, ours := make([]gen.Node, len(ids)), map[id.Prefix][]int{}
	for i, nodeID := range ids {
		switch prefix := id.PrefixOf(nodeID); prefix {
		case id.User, id.Address:
			ours[prefix] = append(ours[prefix], i)
		default:
			found[i] = stub(prefix, nodeID)
		}
	}
	if err := fill(ctx, found, ids, ours[id.User], r.Accounts.VisibleUsers); err != nil {
		return nil, err
	}
	if err := fill(ctx, found, ids, ours[id.Address], r.Accounts.AddressesByID); err != nil {
		return nil, err
	}
	return found, nil
}

// fill reads the nodes at some places and puts those that are there in.
func fill[T interface {
	comparable
	gen.Node
}](ctx context.Context, found []gen.Node, ids []string, places []int, read func(context.Context, []string) ([]T, error)) error {
	if len(places) == 0 {
		return nil
	}
	here := make([]string, len(places))
	for i, place := range places {
		here[i] = ids[place]
	}
	nodes, err := read(ctx, here)
	if err != nil {
		return err
	}
	var none T
	for i, node := range nodes {
		if node != none { // a nil pointer would not be a null node
			found[places[i]] = node
		}
	}
	return nil
}

// stub is a type and an id whose fields another subgraph has; nil for
// prefixes that name no type.
func stub(prefix id.Prefix, nodeID string) gen.Node {
	switch prefix {
	case id.Product:
		return gen.Product{NodeID: nodeID}
	case id.Variant:
		return gen.ProductVariant{NodeID: nodeID}
	case id.Category:
		return gen.Category{NodeID: nodeID}
	case id.Brand:
		return gen.Brand{NodeID: nodeID}
	case id.Collection:
		return gen.Collection{NodeID: nodeID}
	case id.Cart:
		return gen.Cart{NodeID: nodeID}
	case id.Wishlist:
		return gen.Wishlist{NodeID: nodeID}
	case id.Checkout:
		return gen.Checkout{NodeID: nodeID}
	case id.Order:
		return gen.Order{NodeID: nodeID}
	case id.Shipment:
		return gen.Shipment{NodeID: nodeID}
	case id.Return:
		return gen.Return{NodeID: nodeID}
	case id.Payment:
		return gen.Payment{NodeID: nodeID}
	case id.Promotion:
		return gen.Promotion{NodeID: nodeID}
	case id.Refund:
		return gen.Refund{NodeID: nodeID}
	case id.Dispute:
		return gen.Dispute{NodeID: nodeID}
	case id.Review:
		return gen.Review{NodeID: nodeID}
	case id.FlashSale:
		return gen.FlashSale{NodeID: nodeID}
	default:
		return nil
	}
}
