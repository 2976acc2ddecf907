package graph

import (
	"github.com/99designs/gqlgen/graphql"

	"cartograph/subgraphs/user"
	"cartograph/subgraphs/user/graph/gen"
)

func postalOf(in gen.PostalAddressInput) user.Postal {
	return user.Postal{
		Name: in.Name, Company: in.Company.Value(), Line1: in.Line1, Line2: in.Line2.Value(), City: in.City,
		Region: in.Region.Value(), PostalCode: in.PostalCode, CountryCode: in.CountryCode, Phone: in.Phone.Value(),
	}
}

// given is nil for what the input leaves out; null is the empty string.
func given(in graphql.Omittable[*string]) *string {
	if !in.IsSet() {
		return nil
	}
	value := valueOf(in)
	return &value
}

func valueOf(in graphql.Omittable[*string]) string {
	if value := in.Value(); value != nil {
		return *value
	}
	return ""
}
