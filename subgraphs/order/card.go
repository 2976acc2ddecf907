package order

// holdsCardNumber reports whether s holds 13 to 19 digits, whole or in groups
// parted by blanks or dashes, whose check digit is that of a payment card.
// Such a number must not get any further: only the gateway may see cards.
func holdsCardNumber(s string) bool {
	var groups [][]byte // that follow each other with one separator between
	open := false       // the last group is still growing
	for i := range len(s) {
		switch b := s[i]; {
		case b >= '0' && b <= '9' && open:
			groups[len(groups)-1] = append(groups[len(groups)-1], b-'0')
		case b >= '0' && b <= '9':
			groups, open = append(groups, []byte{b - '0'}), true
		case (b == ' ' || b == '-') && open:
			open = false
		default:
			if anyCard(groups) {
				return true
			}
			groups, open = nil, false
		}
	}
	return anyCard(groups)
}

// anyCard tries every run of whole groups.
func anyCard(groups [][]byte) bool {
	for first := range groups {
		var digits []byte
		for _, g := range groups[first:] {
			digits = append(digits, g...)
			if len(digits) >= 13 && len(digits) <= 19 && luhn(digits) {
				return true
			}
		}
	}
	return false
}

func luhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		n := int(d)
		if (len(digits)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum > 0 && sum%10 == 0
}
