package user

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

func browser(t *testing.T, endpoint string) PushSubscription {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return PushSubscription{
		Endpoint: endpoint, P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), Auth: base64.RawURLEncoding.EncodeToString(make([]byte, 16)),
	}
}

func TestANotificationIsDueAtEachDeviceOfALiveSession(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.EnablePush("key", false)
	ada, tokens := register(t, s, "ada@demo.test")
	other, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	for i, session := range []*Tokens{tokens, other} {
		for range 2 { // a browser registers at each visit
			if err := s.RegisterPush(signedIn(t, session), browser(t, fmt.Sprintf("https://push.example.com/send/%d", i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	handle(t, s, posted(ada.ID, "ORDER"))
	due := eventsOf[event.NotificationDue](t, s)
	if len(due) != 2 || due[0].Channel != "PUSH" || due[0].TargetID == due[1].TargetID {
		t.Fatalf("due are %+v, want one for each device", due)
	}
	service := as(t, auth.Actor{Kind: auth.Service, ID: "notification"})
	target := func(id string) error {
		_, err := NewServer(s).PushTarget(service, &rpcv1.PushTargetRequest{SubscriptionId: id})
		return err
	}
	if err := target(due[1].TargetID); err != nil {
		t.Error(err)
	}
	if _, err := NewServer(s).PushTarget(signedIn(t, tokens), &rpcv1.PushTargetRequest{SubscriptionId: due[1].TargetID}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a customer reads the secrets of a device: %v", err)
	}
	if _, err := s.EndSession(signedIn(t, other), nil); err != nil {
		t.Fatal(err)
	}
	if err := target(due[1].TargetID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("after the end of its session: %v", err)
	}
	handle(t, s, event.PushSubscriptionExpired{UserID: ada.ID, SubscriptionID: due[0].TargetID})
	handle(t, s, posted(ada.ID, "ORDER"))
	if n := len(eventsOf[event.NotificationDue](t, s)); n != 2 {
		t.Errorf("%d are due, want none for the devices that are gone", n)
	}
}

func TestPushSubscriptionsAreCheckedAndBounded(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, tokens := register(t, s, "ada@demo.test")
	_, evesTokens := register(t, s, "eve@demo.test")
	good := browser(t, "https://push.example.com/send/1")
	wantCode(t, s.RegisterPush(signedIn(t, tokens), good), "INVALID_INPUT") // without a key of the shop
	s.EnablePush("key", false)
	for _, endpoint := range []string{"http://push.example.com/", "https://push.example.com:8443/", "https://u:p@push.example.com/", "nonsense", ""} {
		wantCode(t, s.RegisterPush(signedIn(t, tokens), browser(t, endpoint)), "INVALID_INPUT")
	}
	for _, key := range []string{"", "AAAA", good.Auth} {
		bad := good
		bad.P256dh = key
		wantCode(t, s.RegisterPush(signedIn(t, tokens), bad), "INVALID_INPUT")
	}
	wantCode(t, s.RegisterPush(anonymous(t), good), "UNAUTHENTICATED")
	for i := range maxPushSubscriptions + 1 {
		if err := s.RegisterPush(signedIn(t, tokens), browser(t, fmt.Sprintf("https://push.example.com/send/%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, s, "SELECT count(*) FROM push_subscriptions"); n != maxPushSubscriptions {
		t.Errorf("%d are stored, want %d", n, maxPushSubscriptions)
	}
	if err := s.RemovePush(signedIn(t, evesTokens), "https://push.example.com/send/5"); err != nil {
		t.Error(err)
	}
	if n := count(t, s, "SELECT count(*) FROM push_subscriptions"); n != maxPushSubscriptions {
		t.Errorf("another user removed one: %d", n)
	}
	if err := s.RegisterPush(signedIn(t, evesTokens), browser(t, "https://push.example.com/send/5")); err != nil { // the same browser
		t.Error(err)
	}
	if err := s.RemovePush(signedIn(t, tokens), "https://push.example.com/send/6"); err != nil {
		t.Error(err)
	}
	if n := count(t, s, "SELECT count(*) FROM push_subscriptions"); n != maxPushSubscriptions-1 {
		t.Errorf("%d are stored, want %d", n, maxPushSubscriptions-1)
	}
}
