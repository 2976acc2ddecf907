package order

import "crypto/rand"

// numberAlphabet leaves out letters and digits that look alike.
const numberAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

const numberLength = 6

// newNumber makes an order number such as CG-7K3M9Q: short enough to read out,
// and one of some 700 million, so guessing is of no use. The database decides
// whether it is unique.
func newNumber() string {
	number := []byte("CG-")
	for len(number) < len("CG-")+numberLength {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails
		// Bytes beyond the last whole multiple would make some characters likelier.
		if i := int(b[0]); i < 256/len(numberAlphabet)*len(numberAlphabet) {
			number = append(number, numberAlphabet[i%len(numberAlphabet)])
		}
	}
	return string(number)
}
