package gatewaysim

// A token represents a card and selects how its payments behave.
type token struct {
	card    card
	decline string // failure code; empty means approved
	// challenge requires 3-D Secure of the customer first.
	challenge bool
	// first is the fault of the first request with a key.
	first fault
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

// A fault affects the first request with a key, never its repetition.
type fault int

const (
	noFault       fault = iota
	answersLate         // the effect is stored, the response is late
	losesRequest        // no effect, and a late response
	internalError       // no effect, status 500
)

// tokens are the known tokens.
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
