package graph

import (
	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/optional"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph/gen"
)

func categoryInput(in gen.CategoryInput) product.CategoryInput {
	c := product.CategoryInput{
		PageInput: product.PageInput{
			Slug: given(in.Slug), Name: given(in.Name), Description: given(in.Description), SEOTitle: given(in.SeoTitle),
			SEODescription: given(in.SeoDescription), CanonicalURL: given(in.CanonicalURL), EndRedirect: optional.Value(in.EndRedirect.Value()),
			Picture: imageInput(in.ImageUploadID, in.ImageAlt),
		},
		ID: in.ID.Value(), Position: in.Position.Value(),
	}
	c.ParentID, c.Move = in.ParentID.ValueOK()
	return c
}

func brandInput(in gen.BrandInput) product.BrandInput {
	return product.BrandInput{
		PageInput: product.PageInput{
			Slug: given(in.Slug), Name: given(in.Name), Description: given(in.Description), SEOTitle: given(in.SeoTitle),
			SEODescription: given(in.SeoDescription), CanonicalURL: given(in.CanonicalURL), EndRedirect: optional.Value(in.EndRedirect.Value()),
			Picture: product.PictureInput{UploadID: given(in.LogoUploadID), Alt: given(in.LogoAlt), UploadField: "logoUploadId", AltField: "logoAlt"},
		},
		ID: in.ID.Value(),
	}
}

func imageInput(uploadID, alt graphql.Omittable[*string]) product.PictureInput {
	return product.PictureInput{UploadID: given(uploadID), Alt: given(alt), UploadField: "imageUploadId", AltField: "imageAlt"}
}

// deleted is the ID for a payload: nil after an error.
func deleted(id string, err error) *string {
	if err != nil {
		return nil
	}
	return &id
}

func translationInputs(inputs []*gen.TranslationInput) []product.TranslationInput {
	all := make([]product.TranslationInput, len(inputs))
	for i, in := range inputs {
		all[i] = product.TranslationInput{
			ID: in.ID, Locale: in.Locale, Field: in.Field, Keys: optional.Value(givenList(in.Keys)), Text: optional.Value(given(in.Text)),
		}
	}
	return all
}
