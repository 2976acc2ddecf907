package demo

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"cartograph/internal/catalogue"
)

// Volume streams n plausible products made from the catalogue's own
// vocabulary, for measuring. The same seed gives the same products in the same
// order, and a longer run begins with the shorter one. Slugs and skus end in
// the product's number, so none repeats and none is in the catalogue. Products
// share tags and data sheets with each other: read them, do not change them.
func Volume(n int, seed uint64) iter.Seq[Product] {
	return func(yield func(Product) bool) {
		m := newMixer(seed)
		for i := range n {
			if !yield(m.product(i)) {
				return
			}
		}
	}
}

// mixer deals products. Each takes the data sheet, options and text of one
// catalogue entry and gets a name, a brand, colours and a price of its own.
type mixer struct {
	rng        *rand.Rand
	entries    []entry
	brands     []Brand
	colours    []catalogue.OptionValue
	adjectives []string
	models     []string
	tariffs    []tariff
	seller     string
	kindName   map[string]string
}

func newMixer(seed uint64) *mixer {
	m := &mixer{
		rng:    rand.New(rand.NewPCG(seed, 0x5eed)),
		brands: Brands(), adjectives: adjectives(), models: models(),
		tariffs: tariffs(), seller: seller(), kindName: kindNames(),
	}
	for _, e := range allEntries() {
		if !e.archived {
			m.entries = append(m.entries, e)
		}
	}
	m.colours = colours(pictureColours()...).Values
	return m
}

func (m *mixer) product(number int) Product {
	e := m.entries[m.rng.IntN(len(m.entries))]
	brand := m.brands[m.rng.IntN(len(m.brands))]
	adjective := pick(m.rng, m.adjectives)
	model := pick(m.rng, m.models)
	noun := m.kindName[e.kind]
	title := adjective + " " + model + " " + noun

	e.slug = fmt.Sprintf("%s-%s-%d", slugOf(adjective+" "+model), slugOf(noun), number+1)
	e.sku = fmt.Sprintf("V%06d", number+1)
	e.title = title
	e.subtitle = fmt.Sprintf("%s by %s", noun, brand.Name)
	e.text = fmt.Sprintf("The %s is %s's take on the %s: %s, made to be used every day.", title, brand.Name, strings.ToLower(noun), strings.ToLower(adjective))
	e.options = []catalogue.Option{{Name: "Colour", Values: m.deal(1 + m.rng.IntN(4))}}
	e.extra, e.heavier = nil, nil
	e.cents = m.near(e.cents)
	e.was = 0
	if m.rng.IntN(8) == 0 {
		e.was = e.cents * 5 / 4
	}

	p := Product{
		ID: productID(e.slug), Slug: e.slug, Title: e.title, Subtitle: e.subtitle,
		Description: plainText(e), DescriptionHTML: htmlText(e), Status: Published,
		BrandID: brand.ID, CategoryID: categoryID(e.category), SellerID: m.seller, Kind: e.kind,
		Tags: e.tags, Keywords: keywords(e), Specifications: e.specs, Options: e.options,
		FeaturedRank: 1000 + number, CreatedAt: epoch().Add(-time.Duration(m.rng.IntN(1000*24)) * time.Hour),
	}
	for i, value := range e.options[0].Values {
		p.Variants = append(p.Variants, m.variant(e, p, value, number*4+i))
	}
	p.Pictures = []catalogue.Image{volumeMedia(e, e.options[0].Values[0])}
	return p
}

func (m *mixer) variant(e entry, p Product, colour catalogue.OptionValue, serial int) Variant {
	v := Variant{
		SKU:   e.sku + "-" + skuPart(colour.Value),
		Title: colour.Value, Options: []catalogue.SelectedOption{{Name: "Colour", Value: colour.Value}},
		Prices: priceList(e.cents, m.tariffs), PriceSince: p.CreatedAt,
		WeightGrams: e.grams, Barcode: barcode(barcodeVolume, uint64(serial)),
		Stock: m.stock(), Picture: volumeMedia(e, colour),
	}
	v.ID = variantID(v.SKU)
	if e.was > 0 {
		v.CompareAt = priceList(e.was, m.tariffs)
	}
	return v
}

// deal is count different colours.
func (m *mixer) deal(count int) []catalogue.OptionValue {
	first, step := m.rng.IntN(len(m.colours)), 1+m.rng.IntN(3)
	values := make([]catalogue.OptionValue, count)
	for i := range values {
		values[i] = m.colours[(first+i*step)%len(m.colours)]
	}
	return values
}

// near is a price between half and double of cents, in whole dollars less ten
// cents or none.
func (m *mixer) near(cents int64) int64 {
	factor := 50 + m.rng.Int64N(150)
	dollars := max(cents*factor/10_000, 3)
	return dollars*100 - 10*m.rng.Int64N(2)
}

// stock is mostly plenty, now and then little, and one time in twenty none.
func (m *mixer) stock() int {
	switch m.rng.IntN(20) {
	case 0:
		return 0
	case 1, 2:
		return 1 + m.rng.IntN(5)
	default:
		return 10 + m.rng.IntN(200)
	}
}

func volumeMedia(e entry, colour catalogue.OptionValue) catalogue.Image {
	name := kindPicture(e.kind, colour.Value)
	// Many products share a drawing; the picture of each is still its own.
	return catalogue.Image{ID: mediaID(e.slug + " " + name), Name: name, Alt: e.title + ", " + colour.Value, Width: pictureSide, Height: pictureSide}
}

func pick(rng *rand.Rand, list []string) string { return list[rng.IntN(len(list))] }

func adjectives() []string {
	return words("Quiet Bright Swift Gentle Bold Plain Sturdy Nimble Mellow Crisp Humble Lively Steady Warm Clever Tidy Classic Northern Coastal Urban Daily Golden Little Grand Simple Honest Modern Vivid Calm Merry")
}

func models() []string {
	return words("Alder Birch Cedar Delta Echo Fjord Grove Haven Iris Juniper Kestrel Lark Maple Nova Orchid Pebble Quartz Raven Sorrel Thistle Umber Vale Willow Yarrow Zephyr Arbor Basalt Clover Drift Ember Flint Harbor Isle Jasper Linden Meadow Nectar Opal Prairie Ridge")
}

// kindNames are what one calls a product of each kind.
func kindNames() map[string]string {
	return map[string]string{
		"backpack": "Backpack", "beanie": "Beanie", "binoculars": "Binoculars", "bottle": "Bottle",
		"bowl": "Bowl", "candle": "Candle", "chair": "Chair", "clock": "Wall Clock",
		"cushion": "Cushion", "desk": "Desk", "drive": "Portable SSD", "earbuds": "Earbuds",
		"floorlamp": "Floor Lamp", "frenchpress": "French Press", "grinder": "Coffee Grinder",
		"headphones": "Headphones", "helmet": "Bike Helmet", "hub": "USB-C Hub", "kettle": "Kettle",
		"keyboard": "Keyboard", "knife": "Chef's Knife", "lamp": "Desk Lamp", "lantern": "Lantern",
		"mat": "Yoga Mat", "microphone": "Microphone", "monitor": "Monitor", "mouse": "Mouse",
		"mug": "Mug", "officechair": "Office Chair", "pan": "Pan", "pendant": "Pendant Lamp",
		"planter": "Planter", "portable": "Portable Speaker", "pot": "Braising Pot", "radio": "Table Radio",
		"ramekin": "Ramekins", "shelf": "Bookshelf", "sling": "Sling Bag", "sneaker": "Sneaker",
		"socks": "Socks", "sofa": "Sofa", "soundbar": "Soundbar", "speaker": "Bookshelf Speakers",
		"stool": "Stool", "suitcase": "Suitcase", "sunglasses": "Sunglasses", "sweater": "Jumper",
		"teapot": "Teapot", "tee": "T-Shirt", "tent": "Tent", "tote": "Tote Bag",
		"turntable": "Turntable", "vase": "Vase", "wallet": "Wallet", "watch": "Watch",
		"webcam": "Webcam",
	}
}
