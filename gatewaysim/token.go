package gatewaysim

// A token stands for a card that the gateway has seen and the merchant has
// not. It chooses what happens.
type token struct {
	card    card
	decline string // failure code; empty means approved
	// challenge asks the customer for 3-D Secure first.
	challenge bool
	// first is what goes wrong the first time a key is used.
	first mishap
	// captureFails authorises, then refuses to capture.
	captureFails bool
	// disputes opens a dispute with the capture.
	disputes bool
}

type card struct {
	Brand    string `json:"brand"`
	Last4    string `json:"last4"`
	ExpMonth int    `json:"exp_month"`
	ExpYear  int    `json:"exp_year"`
}

// A mishap befalls the first request with a key, never its repetition.
type mishap int

const (
	noMishap      mishap = iota
	answersLate          // the work is done, the answer comes too late
	losesRequest         // nothing is done, and that takes long
	internalError        // nothing is done, answered with 500
)

// tokens are all tokens that exist.
var tokens = map[string]token{
	"tok_ok":             {card: visa("4242")},
	"tok_decline":        {card: visa("0002"), decline: "card_declined"},
	"tok_insufficient":   {card: visa("9995"), decline: "insufficient_funds"},
	"tok_3ds":            {card: mastercard("3155"), challenge: true},
	"tok_timeout_after":  {card: visa("0010"), first: answersLate},
	"tok_timeout_before": {card: visa("0011"), first: losesRequest},
	"tok_500_then_ok":    {card: mastercard("0500"), first: internalError},
	"tok_capture_fails":  {card: mastercard("0341"), captureFails: true},
	"tok_dispute":        {card: visa("0259"), disputes: true},
}

func visa(last4 string) card       { return card{"visa", last4, 12, 2034} }
func mastercard(last4 string) card { return card{"mastercard", last4, 8, 2033} }
