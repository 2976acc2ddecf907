package schema

// A Stage is how far a customer has come with what a root field is for. When more
// arrives than the shop can do, later stages go first: a purchase that was begun is
// finished, and new customers come in when there is room.
type Stage int

// The stages, the most urgent first.
const (
	Begun  Stage = iota // a purchase, from the address to the money
	Cart                // what is about to be bought, and what a buyer needs on the way, until a checkout is open
	Page                // everything that customers and staff look at or change otherwise
	Search              // the dearest reads
	Guest               // those who begin
)

// Stages has every root query and mutation of the supergraph. A test compares it with
// the schema.
var Stages = map[string]Stage{
	"checkoutUpdate":            Begun,
	"checkoutReservationExtend": Begun,
	"checkoutCancel":            Begun,
	"checkout":                  Begun,
	"shippingMethods":           Begun,
	"orderPlace":                Begun,
	"orderCancel":               Begun,
	"order":                     Begun, // the page that waits for the confirmation
	"paymentCreate":             Begun,
	"paymentConfirm":            Begun,
	"paymentVoid":               Begun,
	"refundCreate":              Begun,
	"payment":                   Begun,

	// A crowd that comes for the last units must not hold up those who have got them.
	"checkoutCreate":          Cart,
	"checkoutRequote":         Cart,
	"cartCreate":              Cart,
	"cartLinesAdd":            Cart,
	"cartLinesUpdate":         Cart,
	"cartLinesRemove":         Cart,
	"cartClear":               Cart,
	"cartContextUpdate":       Cart,
	"cartNoteUpdate":          Cart,
	"cartPricesAcknowledge":   Cart,
	"cartDiscountCodesApply":  Cart,
	"cartDiscountCodesRemove": Cart,
	"cart":                    Cart,
	"activeCart":              Cart,
	"cartMerge":               Cart,
	"cartLinesMoveToWishlist": Cart,
	"wishlistItemsMoveToCart": Cart,
	"addressCreate":           Cart, // of a checkout
	"addressUpdate":           Cart,
	"addressDelete":           Cart,
	"addressSetDefault":       Cart,
	"sessionRefresh":          Cart, // without it a customer loses the session, and the cart

	"wishlist":             Page,
	"wishlistCreate":       Page,
	"wishlists":            Page,
	"wishlistRename":       Page,
	"wishlistDelete":       Page,
	"wishlistItemsAdd":     Page,
	"wishlistItemsRemove":  Page,
	"wishlistShare":        Page,
	"promotions":           Page,
	"promotionUpsert":      Page,
	"promotionArchive":     Page,
	"customerGroupUpdate":  Page,
	"product":              Page,
	"products":             Page,
	"productVariant":       Page,
	"category":             Page,
	"categories":           Page,
	"brand":                Page,
	"brands":               Page,
	"categoryUpsert":       Page,
	"categoryDelete":       Page,
	"brandUpsert":          Page,
	"brandDelete":          Page,
	"collection":           Page,
	"collections":          Page,
	"collectionUpsert":     Page,
	"collectionDelete":     Page,
	"metafieldDefinitions": Page,

	"metafieldDefinitionUpsert": Page,
	"metafieldDefinitionDelete": Page,
	"metafieldsSet":             Page,
	"stockAlertSubscribe":       Page,
	"stockAlertUnsubscribe":     Page,
	"searchSynonyms":            Page,
	"searchSynonymsSet":         Page,
	"translatableTexts":         Page,
	"translationsSet":           Page,
	"me":                        Page,
	"user":                      Page,
	"users":                     Search, // reads every account
	"auditLog":                  Page,
	"userRolesSet":              Page,
	"addressFormat":             Page,
	"countries":                 Page,
	"apiClients":                Page,
	"requestContext":            Page,
	"node":                      Page,
	"nodes":                     Page,
	"payments":                  Page,
	"orderLookup":               Page,
	"userLogin":                 Page,
	"sessionRevoke":             Page,
	"passwordChange":            Page,
	"profileUpdate":             Page,
	"productCreate":             Page,
	"productUpdate":             Page,
	"productPublish":            Page,
	"productArchive":            Page,
	"variantsUpsert":            Page,
	"variantPricesSet":          Page,
	"scheduledPricesCancel":     Page,
	"stockAdjustMany":           Page,
	"managedProducts":           Page,
	"lowStockVariants":          Page,
	"stockAdjust":               Page,
	"stockReceive":              Page,
	"stockReceipts":             Page,
	"mediaUpload":               Page,
	"mediaUploadCreate":         Page,
	"mediaAttach":               Page,
	"apiClientCreate":           Page,
	"apiClientRotateSecret":     Page,
	"apiClientRevoke":           Page,

	"currentApiClient":          Page,
	"webhookEndpoints":          Page,
	"webhookEventTypes":         Page,
	"webhookEndpointCreate":     Page,
	"webhookEndpointUpdate":     Page,
	"webhookEndpointDelete":     Page,
	"webhookDeliveryReplay":     Page,
	"webhookTest":               Page,
	"flashSale":                 Page,
	"flashSales":                Page,
	"flashSaleUpsert":           Page,
	"trending":                  Page,
	"review":                    Page,
	"reviewsAwaitingModeration": Page,
	"reviewSubmit":              Page,
	"reviewUpdate":              Page,
	"reviewDelete":              Page,
	"reviewVoteHelpful":         Page,
	"reviewModerate":            Page,

	"emailVerify":              Page,
	"emailVerificationRequest": Page,
	"passwordResetRequest":     Page,
	"passwordReset":            Page,
	"accountDelete":            Page,

	"search":        Search,
	"searchSuggest": Search,

	"guestSessionCreate": Guest,
	"userRegister":       Guest,
}
