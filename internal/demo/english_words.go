package demo

// englishWords are other words that customers search for products of each kind by,
// British and American.
func englishWords() map[string][]string {
	return map[string][]string{
		"backpack": {"Rucksack", "Daypack"}, "beanie": {"Woolly hat"}, "bottle": {"Flask", "Thermos"}, "bowl": {"Dish"}, "cushion": {"Pillow"},
		"drive": {"External hard drive"}, "earbuds": {"In-ear headphones", "Earphones"}, "frenchpress": {"Cafetière", "Coffee maker"},
		"grinder": {"Coffee mill"}, "lantern": {"Camping lamp"}, "microphone": {"Mic"}, "monitor": {"Screen", "Display"}, "mug": {"Coffee cup", "Tea cup"},
		"pan": {"Skillet", "Frying pan"}, "pendant": {"Ceiling light", "Hanging lamp"}, "planter": {"Plant pot", "Flower pot"}, "player": {"MP3 player"},
		"pot": {"Casserole", "Dutch oven"}, "shelf": {"Bookcase"}, "sneaker": {"Trainers", "Shoes"}, "sofa": {"Couch", "Settee"},
		"suitcase": {"Carry-on", "Luggage"}, "sunglasses": {"Shades"}, "sweater": {"Sweater", "Pullover"}, "tote": {"Shopping bag", "Shopper"},
		"turntable": {"Record player"}, "wallet": {"Purse", "Billfold"},
	}
}
