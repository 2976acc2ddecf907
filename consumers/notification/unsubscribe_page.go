package notification

import (
	"bytes"
	"html/template"
	"net/http"

	"cartograph/internal/message"
)

// UnsubscribePath is where the page is that ends mails.
const UnsubscribePath = "/unsubscribe"

const (
	maxUnsubscribeForm = 4 << 10
	actionResubscribe  = "resubscribe" // the value of the form field "action"
)

// topicNames are what the page calls the mails about a topic.
var topicNames = map[Topic]message.Key{
	AboutStock:  "notification.topic_stock_alert",
	AboutPrice:  "notification.topic_price_drop",
	AboutCart:   "notification.topic_cart_reminder",
	AboutReview: "notification.topic_review_invitation",
	AboutOffers: "notification.topic_marketing",
}

var unsubscribePage = template.Must(template.ParseFS(templates, "templates/unsubscribe.html"))

// unsubscribeView is the data of the page.
type unsubscribeView struct {
	Language              string
	Heading, Text, Button sentence // without a button there is no form
	Token, Action         string
}

// sentence is a key of the catalogue, and its sentence in the reader's language.
type sentence struct {
	key  message.Key
	Text string
}

// Handler serves the page that ends mails: the target of the link in a mail and of its
// header List-Unsubscribe. A GET changes nothing, since scanners of mails follow every
// link; a POST does, by the button or by the reader's mailbox (RFC 8058).
func (w *Worker) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+UnsubscribePath, w.showUnsubscribe)
	mux.HandleFunc("POST "+UnsubscribePath, w.postUnsubscribe)
	return mux
}

func (w *Worker) showUnsubscribe(rw http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	s, ok := w.tokenOf(rw, r, token)
	if !ok {
		return
	}
	w.page(rw, r, http.StatusOK, s.locale, unsubscribeView{
		Heading: sentence{key: "notification.unsubscribe_heading"}, Text: sentence{key: "notification.unsubscribe_text"}, Token: token, Button: sentence{key: "notification.unsubscribe_button"},
	}, s.topic)
}

func (w *Worker) postUnsubscribe(rw http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	r.Body = http.MaxBytesReader(rw, r.Body, maxUnsubscribeForm)
	s, ok := w.tokenOf(rw, r, token)
	if !ok {
		return
	}
	again := r.PostFormValue("action") == actionResubscribe && s.userID == ""
	change := w.unsubscribe
	if again {
		change = w.resubscribe
	}
	if err := change(r.Context(), s); err != nil {
		w.unavailable(rw, r, err)
		return
	}
	view := unsubscribeView{Heading: sentence{key: "notification.unsubscribed_heading"}, Text: sentence{key: "notification.unsubscribed_account_text"}}
	switch {
	case again:
		view.Heading, view.Text = sentence{key: "notification.resubscribed_heading"}, sentence{key: "notification.resubscribed_text"}
	case s.userID == "":
		view.Text, view.Token, view.Action, view.Button = sentence{key: "notification.unsubscribed_text"}, token, actionResubscribe, sentence{key: "notification.resubscribe_button"}
	}
	w.page(rw, r, http.StatusOK, s.locale, view, s.topic)
}

// tokenOf reads the token of a request, and answers one without a valid token.
func (w *Worker) tokenOf(rw http.ResponseWriter, r *http.Request, token string) (subscription, bool) {
	s, ok, err := w.subscriptionOf(r.Context(), token)
	switch {
	case err != nil:
		w.unavailable(rw, r, err)
	case !ok:
		w.page(rw, r, http.StatusNotFound, r.Header.Get("Accept-Language"), unsubscribeView{
			Heading: sentence{key: "notification.unsubscribe_invalid_heading"}, Text: sentence{key: "notification.unsubscribe_invalid_text"},
		}, "")
	}
	return s, ok && err == nil
}

func (w *Worker) unavailable(rw http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	w.log.WarnContext(ctx, "unsubscription not stored", "err", err)
	rw.Header().Set("Retry-After", "10")
	http.Error(rw, "Please try again in a moment.", http.StatusServiceUnavailable)
}

// page renders a view whose texts are keys, in the reader's language.
func (w *Worker) page(rw http.ResponseWriter, r *http.Request, status int, reader string, v unsubscribeView, about Topic) {
	args := message.Args{"topic": ""}
	if key, ok := topicNames[about]; ok {
		args["topic"] = message.In(reader, key)
	}
	v.Language = message.Language(reader)
	for _, t := range []*sentence{&v.Heading, &v.Text, &v.Button} {
		if t.key != "" {
			t.Text = message.In(reader, t.key, args)
		}
	}
	var body bytes.Buffer
	if err := unsubscribePage.Execute(&body, v); err != nil {
		w.unavailable(rw, r, err)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address has the token
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	rw.WriteHeader(status)
	_, _ = rw.Write(body.Bytes()) // an error means that the client has disconnected
}
