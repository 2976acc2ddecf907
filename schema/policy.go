package schema

// A Kind is what a mutation changes, as far as it matters for its protection.
type Kind string

// The kinds of mutations.
const (
	Credentials Kind = "credentials" // creates, changes or ends what a caller proves its identity with
	Money       Kind = "money"       // commits a customer to pay, or moves money
	Ordinary    Kind = "ordinary"
)

// A Policy is how a router protects one root field.
type Policy struct {
	Kind Kind // of a mutation; empty for a query
	// PerActor and PerAddress limit how often the field is executed by one
	// caller and from one network address. The zero value sets no limit.
	PerActor, PerAddress Bucket
}

// A Bucket refills at a rate and holds a burst.
type Bucket struct {
	PerMinute float64
	Burst     int
}

// Batchable reports whether a batch may hold the mutation. Batches multiply
// attempts at a password, and a client that retries one repeats a payment.
func (p Policy) Batchable() bool { return p.Kind == Ordinary }

// signIn limits attempts at passwords. One address may be a whole office, so its
// bucket is wide. Wrong passwords for one e-mail address are counted by the user
// subgraph, which alone normalises the address.
var signIn = Policy{Kind: Credentials, PerActor: Bucket{20, 20}, PerAddress: Bucket{120, 600}}

// Policies has every mutation of the supergraph, and the queries that are
// limited by name. A test compares it with the schema.
var Policies = map[string]Policy{
	"guestSessionCreate": {Kind: Credentials, PerActor: Bucket{600, 1200}, PerAddress: Bucket{600, 1200}},
	"userRegister":       signIn,
	"userLogin":          signIn,
	"userLoginVerify":    signIn,
	"sessionRefresh":     {Kind: Credentials},
	"sessionRevoke":      {Kind: Credentials},
	"passwordChange":     {Kind: Credentials, PerActor: Bucket{6, 12}},

	"emailVerify":              signIn,
	"emailVerificationRequest": {Kind: Credentials, PerActor: Bucket{6, 12}},
	"passwordResetRequest":     {Kind: Credentials, PerActor: Bucket{6, 12}, PerAddress: Bucket{60, 120}},
	"passwordReset":            signIn,
	"accountDelete":            {Kind: Credentials, PerActor: Bucket{6, 12}},

	"totpEnroll":            {Kind: Credentials, PerActor: Bucket{6, 12}},
	"totpConfirm":           {Kind: Credentials, PerActor: Bucket{20, 20}},
	"totpDisable":           {Kind: Credentials, PerActor: Bucket{6, 12}},
	"recoveryCodesReplace":  {Kind: Credentials, PerActor: Bucket{6, 12}},
	"userSecondFactorReset": {Kind: Credentials},

	"userRolesSet":          {Kind: Credentials},
	"apiClientCreate":       {Kind: Credentials},
	"apiClientRotateSecret": {Kind: Credentials},
	"apiClientRevoke":       {Kind: Credentials},

	"partnerApplicationSubmit": {Kind: Ordinary, PerActor: Bucket{6, 12}},
	"partnerApplicationDecide": {Kind: Credentials},
	"partnerKeyIssue":          {Kind: Credentials, PerActor: Bucket{6, 12}},

	"webhookEndpointCreate":       {Kind: Credentials, PerActor: Bucket{10, 30}}, // returns a secret
	"webhookEndpointUpdate":       {Kind: Credentials, PerActor: Bucket{30, 60}}, // decides who gets events
	"webhookEndpointRotateSecret": {Kind: Credentials, PerActor: Bucket{10, 30}},

	"webhookEndpointDelete": {Kind: Credentials, PerActor: Bucket{30, 60}},
	"webhookDeliveryReplay": {Kind: Credentials, PerActor: Bucket{120, 240}},
	"webhookTest":           {Kind: Credentials, PerActor: Bucket{30, 60}},

	"profileUpdate": {Kind: Ordinary},

	"notificationPreferencesUpdate": {Kind: Ordinary, PerActor: Bucket{30, 60}},
	"notificationsMarkRead":         {Kind: Ordinary},
	"pushSubscriptionRegister":      {Kind: Credentials, PerActor: Bucket{10, 30}}, // decides who gets messages
	"pushSubscriptionRemove":        {Kind: Ordinary},

	"addressCreate":     {Kind: Ordinary},
	"addressUpdate":     {Kind: Ordinary},
	"addressDelete":     {Kind: Ordinary},
	"addressSetDefault": {Kind: Ordinary},

	"productCreate":         {Kind: Ordinary},
	"productUpdate":         {Kind: Ordinary},
	"productPublish":        {Kind: Ordinary},
	"productArchive":        {Kind: Ordinary},
	"variantsUpsert":        {Kind: Money}, // with the prices that customers pay
	"variantPricesSet":      {Kind: Money},
	"scheduledPricesCancel": {Kind: Ordinary},
	"stockAdjustMany":       {Kind: Ordinary},
	"flashSaleUpsert":       {Kind: Money},
	"stockAdjust":           {Kind: Ordinary},
	"stockReceive":          {Kind: Ordinary},

	"categoryUpsert":   {Kind: Ordinary},
	"categoryDelete":   {Kind: Ordinary},
	"brandUpsert":      {Kind: Ordinary},
	"brandDelete":      {Kind: Ordinary},
	"collectionUpsert": {Kind: Money}, // as all that takes amounts: its rule has prices
	"collectionDelete": {Kind: Ordinary},

	"metafieldDefinitionUpsert": {Kind: Ordinary},
	"metafieldDefinitionDelete": {Kind: Ordinary},
	"metafieldsSet":             {Kind: Ordinary},
	"searchSynonymsSet":         {Kind: Ordinary},
	"reviewSubmit":              {Kind: Ordinary, PerActor: Bucket{10, 30}},
	"reviewUpdate":              {Kind: Ordinary, PerActor: Bucket{10, 30}},
	"reviewDelete":              {Kind: Ordinary, PerActor: Bucket{10, 30}},
	"reviewVoteHelpful":         {Kind: Ordinary, PerActor: Bucket{60, 60}},
	"reviewModerate":            {Kind: Ordinary},

	// Each leads to a mail; product bounds how many an address gets.
	"stockAlertSubscribe":   {Kind: Ordinary, PerActor: Bucket{10, 30}, PerAddress: Bucket{60, 120}},
	"stockAlertUnsubscribe": {Kind: Credentials, PerActor: Bucket{10, 30}, PerAddress: Bucket{60, 120}},

	"mediaUploadCreate": {Kind: Ordinary, PerActor: Bucket{300, 300}},
	"mediaAttach":       {Kind: Ordinary, PerActor: Bucket{300, 300}}, // waits for a worker
	"translationsSet":   {Kind: Ordinary},

	"cartCreate":            {Kind: Ordinary},
	"cartLinesAdd":          {Kind: Ordinary},
	"cartLinesUpdate":       {Kind: Ordinary},
	"cartLinesRemove":       {Kind: Ordinary},
	"cartClear":             {Kind: Ordinary},
	"cartContextUpdate":     {Kind: Ordinary},
	"cartNoteUpdate":        {Kind: Ordinary},
	"cartPricesAcknowledge": {Kind: Ordinary},

	"cartMerge":               {Kind: Ordinary},
	"cartLinesMoveToWishlist": {Kind: Ordinary},
	"wishlistCreate":          {Kind: Ordinary},
	"wishlistRename":          {Kind: Ordinary},
	"wishlistDelete":          {Kind: Ordinary},
	"wishlistItemsAdd":        {Kind: Ordinary},
	"wishlistItemsRemove":     {Kind: Ordinary},
	"wishlistItemsMoveToCart": {Kind: Ordinary},
	"wishlistShare":           {Kind: Ordinary},

	"cartDiscountCodesApply":  {Kind: Ordinary, PerActor: Bucket{20, 30}, PerAddress: Bucket{200, 300}}, // codes can be guessed
	"cartDiscountCodesRemove": {Kind: Ordinary},
	"promotionUpsert":         {Kind: Money}, // changes what customers pay
	"promotionArchive":        {Kind: Money},
	"customerGroupUpdate":     {Kind: Ordinary},

	"checkoutCreate":            {Kind: Ordinary, PerActor: Bucket{60, 60}, PerAddress: Bucket{1200, 1200}},
	"checkoutUpdate":            {Kind: Ordinary},
	"checkoutGiftCardsApply":    {Kind: Ordinary, PerActor: Bucket{10, 20}, PerAddress: Bucket{60, 120}}, // codes can be guessed
	"checkoutGiftCardsRemove":   {Kind: Ordinary},
	"checkoutReservationExtend": {Kind: Ordinary},
	"checkoutRequote":           {Kind: Ordinary},
	"checkoutCancel":            {Kind: Ordinary},
	"orderPlace":                {Kind: Money},
	"orderCancel":               {Kind: Ordinary}, // a refund follows from events, once
	"orderNoteAdd":              {Kind: Ordinary},
	"shipmentCreate":            {Kind: Ordinary},
	"returnRequest":             {Kind: Ordinary, PerActor: Bucket{30, 60}},
	"returnCancel":              {Kind: Ordinary},
	"returnDecide":              {Kind: Ordinary},
	"returnReceive":             {Kind: Money},
	"shipmentTrackingAdd":       {Kind: Ordinary},

	"paymentCreate":  {Kind: Money},
	"paymentConfirm": {Kind: Money},
	"paymentVoid":    {Kind: Money},
	"refundCreate":   {Kind: Money},

	"giftCardIssue":         {Kind: Money, PerActor: Bucket{60, 120}},
	"giftCardDisable":       {Kind: Money},
	"giftCardBalance":       {PerActor: Bucket{10, 20}, PerAddress: Bucket{60, 120}}, // codes can be guessed
	"disputeSubmitEvidence": {Kind: Money},
	"disputeAccept":         {Kind: Money},

	"orderLookup": {PerActor: Bucket{20, 30}, PerAddress: Bucket{60, 120}}, // by number and e-mail address
}
