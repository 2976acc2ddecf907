package demo

import "cartograph/internal/catalogue"

// Categories are eight top-level ones in the order of the menu, each
// followed by its children.
func Categories() []Category {
	var all []Category
	for position, s := range categoryTree() {
		top := s.category("", position)
		all = append(all, top)
		for i, child := range s.children {
			all = append(all, child.category(top.ID, i))
		}
	}
	return all
}

// categoryNode is a category as its author writes it down, with the kind of thing
// and the colour that stand for it. Children take the colour of the top.
type categoryNode struct {
	top          Category
	kind, colour string
	children     []categoryNode
}

func (s categoryNode) category(parentID string, position int) Category {
	c := s.top
	c.ID, c.ParentID, c.Position = categoryID(c.Slug), parentID, position
	c.Picture = "category-" + c.Slug + ".svg"
	german := germanCategories()[c.Slug]
	c.Translations = catalogue.Translations{"de": {Title: german[0], Description: german[1]}}
	return c
}

func categoryTree() []categoryNode {
	return []categoryNode{
		{
			Category{Slug: "audio", Name: "Audio", Description: "Headphones, speakers and all that makes a good sound."},
			"headphones", "#3f4f8f",
			[]categoryNode{
				{top: Category{Slug: "headphones", Name: "Headphones", Description: "Over the ear and on it, with a cable or without."}, kind: "headphones"},
				{top: Category{Slug: "earbuds", Name: "Earbuds", Description: "Small enough for every pocket."}, kind: "earbuds"},
				{top: Category{Slug: "speakers", Name: "Speakers", Description: "For the shelf, the kitchen and the lake."}, kind: "speaker"},
				{top: Category{Slug: "hi-fi-and-studio", Name: "Hi-Fi & Studio", Description: "Turntables, microphones and what belongs to them."}, kind: "turntable"},
			},
		},
		{
			Category{Slug: "computing", Name: "Computing", Description: "A desk that is a pleasure to sit down at."},
			"keyboard", "#4d6b7c",
			[]categoryNode{
				{top: Category{Slug: "keyboards-and-mice", Name: "Keyboards & Mice", Description: "What your hands touch all day."}, kind: "keyboard"},
				{top: Category{Slug: "displays-and-cameras", Name: "Displays & Cameras", Description: "See clearly and be seen well."}, kind: "monitor"},
				{top: Category{Slug: "storage-and-hubs", Name: "Storage & Hubs", Description: "Room for your files, and ports for everything else."}, kind: "drive"},
			},
		},
		{
			Category{Slug: "kitchen", Name: "Kitchen", Description: "Tools and tableware made for every day."},
			"kettle", "#b8584a",
			[]categoryNode{
				{top: Category{Slug: "coffee-and-tea", Name: "Coffee & Tea", Description: "From bean and leaf to cup."}, kind: "frenchpress"},
				{top: Category{Slug: "cookware", Name: "Cookware", Description: "Pans and knives that outlast the kitchen."}, kind: "pan"},
				{top: Category{Slug: "tableware", Name: "Tableware", Description: "Mugs, bowls and small dishes."}, kind: "mug"},
			},
		},
		{
			Category{Slug: "home-and-lighting", Name: "Home & Lighting", Description: "Warm light and quiet things."},
			"lamp", "#c08a2e",
			[]categoryNode{
				{top: Category{Slug: "lamps", Name: "Lamps", Description: "For desks, corners and tables."}, kind: "lamp"},
				{top: Category{Slug: "decor", Name: "Decor", Description: "Vases, candles, clocks and cushions."}, kind: "vase"},
			},
		},
		{
			Category{Slug: "furniture", Name: "Furniture", Description: "Solid pieces that can be repaired."},
			"chair", "#8a6242",
			[]categoryNode{
				{top: Category{Slug: "seating", Name: "Seating", Description: "Chairs, stools and one very good sofa."}, kind: "sofa"},
				{top: Category{Slug: "tables-and-shelves", Name: "Tables & Shelves", Description: "Places for work and for books."}, kind: "desk"},
			},
		},
		{
			Category{Slug: "bags-and-travel", Name: "Bags & Travel", Description: "Carry it well, near and far."},
			"backpack", "#5d7250",
			[]categoryNode{
				{top: Category{Slug: "backpacks", Name: "Backpacks", Description: "For the office, the trail and the weekend."}, kind: "backpack"},
				{top: Category{Slug: "luggage-and-bags", Name: "Luggage & Bags", Description: "Suitcases, totes and slings."}, kind: "suitcase"},
			},
		},
		{
			Category{Slug: "outdoor", Name: "Outdoor", Description: "For a night out or a morning on the mat."},
			"tent", "#3c7a6b",
			[]categoryNode{
				{top: Category{Slug: "camping", Name: "Camping", Description: "Tents, lanterns and bottles."}, kind: "tent"},
				{top: Category{Slug: "sport", Name: "Sport", Description: "Ride, stretch, repeat."}, kind: "helmet"},
			},
		},
		{
			Category{Slug: "clothing", Name: "Clothing", Description: "Plain things, well cut."},
			"tee", "#7a5574",
			[]categoryNode{
				{top: Category{Slug: "tops", Name: "Tops", Description: "Tees and jumpers."}, kind: "sweater"},
				{top: Category{Slug: "shoes-and-socks", Name: "Shoes & Socks", Description: "From the sole up."}, kind: "sneaker"},
				{top: Category{Slug: "accessories", Name: "Accessories", Description: "Watches, sunglasses and hats."}, kind: "watch"},
			},
		},
	}
}
