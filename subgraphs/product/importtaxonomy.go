package product

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product/db"
)

// taxonomy are the categories and brands of the shop by what files call them.
// Upper and lower case do not differ.
type taxonomy struct {
	categories map[string]db.Category // by ID
	byPath     map[string][]string    // IDs: siblings may have one name
	bySlug     map[string]string
	usedSlugs  map[string]bool     // further slugs that no new category can have
	brands     map[string]db.Brand // by ID
	byName     map[string]string   // IDs of brands
}

func readTaxonomy(ctx context.Context, q *db.Queries) (*taxonomy, error) {
	t := &taxonomy{map[string]db.Category{}, map[string][]string{}, map[string]string{}, map[string]bool{}, map[string]db.Brand{}, map[string]string{}}
	categories, err := q.CategoriesBelow(ctx, db.CategoriesBelowParams{Depth: 1 << 20})
	if err != nil {
		return nil, wrap("read categories", err)
	}
	for _, c := range categories { // parents come first
		t.addCategory(c)
	}
	brands, err := q.Brands(ctx, db.BrandsParams{Limit: 1 << 20})
	if err != nil {
		return nil, wrap("read brands", err)
	}
	for _, b := range brands {
		t.brands[b.ID] = b
		if name := strings.ToLower(b.Name); t.byName[name] == "" {
			t.byName[name] = b.ID
		}
	}
	return t, nil
}

func (t *taxonomy) addCategory(c db.Category) {
	t.categories[c.ID], t.bySlug[c.Slug] = c, c.ID
	key := pathKey(t.names(c))
	t.byPath[key] = append(t.byPath[key], c.ID)
}

func (t *taxonomy) names(c db.Category) []string {
	names := make([]string, 0, len(c.Ancestors)+1)
	for _, ancestor := range c.Ancestors {
		names = append(names, t.categories[ancestor].Name)
	}
	return append(names, c.Name)
}

func pathKey(names []string) string { return strings.ToLower(strings.Join(names, "\x00")) }

// category returns the ID of the category that a file calls so, or the path of one
// that does not exist.
func (t *taxonomy) category(cell string) (found string, missing []string, err error) {
	if slug, ok := strings.CutPrefix(strings.TrimSpace(cell), "/"); ok {
		if found = t.bySlug[slug]; found == "" {
			err = fmt.Errorf("there is no category with the slug %q", slug)
		}
		return found, nil, err
	}
	names := productfile.SplitPath(cell)
	var c checks
	for i, name := range names {
		if names[i] = c.line(name, 1, maxName); len(c) > 0 {
			return "", nil, fmt.Errorf("category %q: a path is expected, such as Kitchen > Coffee. %s", cell, c[0].Message)
		}
	}
	if len(names) > maxDepth {
		return "", nil, fmt.Errorf("category %q: %w", cell, plain(tooDeep()))
	}
	switch ids := t.byPath[pathKey(names)]; len(ids) {
	case 0:
		return "", names, nil
	case 1:
		return ids[0], nil, nil
	default:
		return "", nil, fmt.Errorf("%d categories have the path %q: give a slug, as /%s", len(ids), cell, t.categories[ids[0]].Slug)
	}
}

// cell is how a file calls a category: by its path, or by its slug where another has
// the same path or the path could be taken for a slug.
func (t *taxonomy) cell(categoryID string) string {
	c := t.categories[categoryID]
	path := productfile.JoinPath(t.names(c))
	if found, _, err := t.category(path); err != nil || found != c.ID {
		return "/" + c.Slug
	}
	return path
}

// create creates the categories of paths, with those above them, and brands. It
// returns all categories and brands there are then.
func (s *Service) create(ctx context.Context, paths [][]string, brands []string) (t *taxonomy, err error) {
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		// Two imports that create the same category wait for each other.
		if err := q.LockCategories(ctx); err != nil {
			return err
		}
		if t, err = readTaxonomy(ctx, q); err != nil {
			return err
		}
		earlier, earlierBrands, err := q.EarlierSlugs(ctx)
		if err != nil {
			return err
		}
		for _, slug := range earlier {
			t.usedSlugs[slug] = true
		}
		var newCategories []db.Category
		for _, path := range paths {
			for depth := range path {
				if len(t.byPath[pathKey(path[:depth+1])]) == 0 {
					newCategories = append(newCategories, t.newCategory(path[:depth+1]))
				}
			}
		}
		var newBrands []db.Brand
		for _, name := range brands {
			if t.byName[strings.ToLower(name)] == "" {
				b := db.Brand{ID: id.New(id.Brand), Name: name}
				b.Slug = unused(func(slug string) bool {
					return slices.Contains(earlierBrands, slug) || t.hasBrandSlug(slug)
				}, b.ID, name)
				newBrands = append(newBrands, b)
				t.brands[b.ID], t.byName[strings.ToLower(name)] = b, b.ID
			}
		}
		switch {
		case len(newCategories) > 0 && len(t.categories) > maxCategories:
			return fault.Localized(fault.Invalid, "taxonomy.too_many", message.Args{"limit": maxCategories})
		case len(newBrands) > 0 && len(t.brands) > maxBrands:
			return fault.Localized(fault.Invalid, "taxonomy.too_many", message.Args{"limit": maxBrands})
		}
		return errors.Join(q.ImportCategories(ctx, newCategories), q.ImportBrands(ctx, newBrands))
	})
	return t, wrap("create categories and brands", err)
}

func (t *taxonomy) newCategory(path []string) db.Category {
	c := db.Category{ID: id.New(id.Category), Name: path[len(path)-1], Ancestors: []string{}}
	if above := path[:len(path)-1]; len(above) > 0 {
		parent := t.categories[t.byPath[pathKey(above)][0]]
		c.ParentID, c.Ancestors = &parent.ID, append(slices.Clone(parent.Ancestors), parent.ID)
	}
	for _, sibling := range t.categories {
		if optional.Value(sibling.ParentID) == optional.Value(c.ParentID) {
			c.Position = max(c.Position, sibling.Position+1)
		}
	}
	c.Slug = unused(func(slug string) bool { return t.bySlug[slug] != "" || t.usedSlugs[slug] }, c.ID, c.Name, strings.Join(path, " "))
	t.addCategory(c)
	return c
}

func (t *taxonomy) hasBrandSlug(slug string) bool {
	for _, b := range t.brands {
		if b.Slug == slug {
			return true
		}
	}
	return false
}

// unused returns the first slug of the names that is not used, else one with a
// number. Names without letters that a slug can have are replaced by the ID.
func unused(used func(string) bool, id string, names ...string) string {
	last := ""
	for _, name := range names {
		if last = slugOf(name); last != "" && !used(last) {
			return last
		}
	}
	if last == "" {
		last = strings.ReplaceAll(strings.ToLower(id), "_", "-")
	}
	slug := last
	for n := 2; used(slug); n++ {
		slug = fmt.Sprintf("%s-%d", last, n)
	}
	return slug
}
