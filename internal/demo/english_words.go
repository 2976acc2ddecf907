package demo

// englishWords are other words that customers search for products of each kind by,
// British and American.
func englishWords() map[string][]string {
	return map[string][]string{
		"backpack": {"Rucksack", "Daypack", "Knapsack"}, "beanie": {"Woolly hat", "Knit cap"}, "binoculars": {"Field glasses"},
		"bottle": {"Flask", "Thermos", "Water bottle", "Drinking bottle"}, "bowl": {"Dish", "Cereal bowl"}, "candle": {"Scented candle"}, "clock": {"Wall clock"},
		"cushion": {"Pillow", "Throw pillow"}, "desk": {"Sit-stand desk"}, "drive": {"External hard drive", "Hard disk"}, "earbuds": {"In-ear headphones", "Earphones"},
		"floorlamp": {"Standing lamp", "Floor light"}, "frenchpress": {"Cafetière", "Coffee maker", "Coffee press"}, "grinder": {"Coffee mill", "Coffee grinder"},
		"headphones": {"Headset"}, "helmet": {"Cycling helmet", "Bicycle helmet"}, "hub": {"Docking station", "Adapter"}, "kettle": {"Water boiler"},
		"knife": {"Kitchen knife"}, "lamp": {"Desk light", "Table lamp"}, "lantern": {"Camping lamp", "Torch", "Flashlight"}, "mat": {"Exercise mat"}, "microphone": {"Mic"},
		"monitor": {"Screen", "Display"}, "mouse": {"Computer mouse"}, "mug": {"Coffee cup", "Tea cup"}, "officechair": {"Desk chair", "Swivel chair"}, "pan": {"Skillet", "Frying pan"},
		"pendant": {"Ceiling light", "Hanging lamp"}, "planter": {"Plant pot", "Flower pot"}, "player": {"MP3 player"}, "portable": {"Loudspeaker"},
		"pot": {"Casserole", "Dutch oven", "Saucepan"}, "shelf": {"Bookcase"}, "sling": {"Shoulder bag", "Fanny pack", "Bum bag"}, "sneaker": {"Trainers", "Shoes", "Plimsolls", "Running shoes"},
		"socks": {"Stockings"}, "sofa": {"Couch", "Settee"}, "speaker": {"Loudspeakers"}, "suitcase": {"Carry-on", "Luggage", "Trolley"}, "sunglasses": {"Shades"},
		"sweater": {"Sweater", "Pullover"}, "tee": {"T-shirt", "Tee shirt"}, "tote": {"Shopping bag", "Shopper", "Handbag"}, "turntable": {"Record player"},
		"wallet": {"Purse", "Billfold"}, "watch": {"Wristwatch"},
	}
}
