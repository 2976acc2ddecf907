package graph

import (
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph/gen"
)

func metafieldInputs(inputs []*gen.MetafieldInput) []product.MetafieldInput {
	all := make([]product.MetafieldInput, len(inputs))
	for i, in := range inputs {
		all[i] = product.MetafieldInput{OwnerID: in.OwnerID, Namespace: in.Namespace, Key: in.Key, Value: in.Value.Value()}
	}
	return all
}

func definitionInput(in gen.MetafieldDefinitionInput) product.DefinitionInput {
	return product.DefinitionInput{
		OwnerType: in.OwnerType, Namespace: in.Namespace, Key: in.Key, Name: in.Name.Value(), Type: in.Type.Value(),
		IsList: in.IsList.Value(), Visible: in.Visible.Value(),
	}
}

// owners are the objects as owners of metafields.
func owners[T any](objs []T, owner func(T) product.Owner) []product.Owner {
	all := make([]product.Owner, len(objs))
	for i, obj := range objs {
		all[i] = owner(obj)
	}
	return all
}

func ofProduct(p *product.Product) product.Owner {
	return product.Owner{ID: p.ID, SellerID: p.SellerID}
}

func ofVariant(v *product.Variant) product.Owner {
	return product.Owner{ID: v.ID, SellerID: v.Product.SellerID}
}

func ofCategory(c *product.Category) product.Owner { return product.Owner{ID: c.ID, Shops: true} }

func ofCollection(c *product.Collection) product.Owner { return product.Owner{ID: c.ID, Shops: true} }
