package user

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
)

func TestDevicesAreRememberedPerAccountAndBounded(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, adas := register(t, s, "ada@demo.test")
	register(t, s, "eve@demo.test")
	login := func(email string, device *string) string {
		tokens, _, err := s.Login(anonymous(t), Credentials{Email: email, Password: goodPassword, DeviceToken: device})
		if err != nil || tokens.DeviceToken == nil {
			t.Fatalf("login of %s returned the device token %v: %v", email, tokens, err)
		}
		c.advance(time.Second)
		return *tokens.DeviceToken
	}
	if login("ada@demo.test", adas.DeviceToken) != *adas.DeviceToken {
		t.Error("the second sign-in on a device returned another token")
	}
	if login("eve@demo.test", adas.DeviceToken) == *adas.DeviceToken {
		t.Error("another user's device was taken over")
	}
	for range maxUserDevices {
		login("ada@demo.test", nil)
	}
	if n := count(t, s, "SELECT count(*) FROM devices"); n != maxUserDevices+2 {
		t.Errorf("%d devices are stored, want %d of one user and two of the other", n, maxUserDevices)
	}
	if login("ada@demo.test", adas.DeviceToken) == *adas.DeviceToken {
		t.Error("the device that was used least recently was kept")
	}
	if n := count(t, s, "SELECT count(*) FROM devices WHERE length(token_hash) <> 32 OR token_hash = convert_to($1, 'UTF8')", *adas.DeviceToken); n != 0 {
		t.Error("a device token is stored as it is")
	}
}

func TestTheOwnerIsNotifiedOnceOfEachNewDevice(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	ada, registered := register(t, s, "ada@demo.test")
	login := func(device *string) *string {
		tokens, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword, DeviceToken: device})
		if err != nil {
			t.Fatal(err)
		}
		return tokens.DeviceToken
	}
	login(registered.DeviceToken)
	if got := eventsOf[event.SignedInOnNewDevice](t, s); len(got) > 0 {
		t.Errorf("the device of the registration was published: %+v", got)
	}
	c.advance(time.Minute)
	at := s.Now()
	second := login(nil)
	c.advance(time.Minute)
	login(second)
	want := []event.SignedInOnNewDevice{{
		UserID: ada.ID, Email: "ada@demo.test", DisplayName: "Ada", Locale: "en-US", DeviceID: deviceID(*second), At: at,
	}}
	if diff := cmp.Diff(want, eventsOf[event.SignedInOnNewDevice](t, s)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}

	for range 2 * maxNewDevices { // a program without device tokens
		c.advance(time.Minute)
		login(nil)
	}
	if got := eventsOf[event.SignedInOnNewDevice](t, s); len(got) != maxNewDevices {
		t.Errorf("%d devices of one day were published, want %d", len(got), maxNewDevices)
	}
	c.advance(newDeviceWindow)
	login(nil)
	if got := eventsOf[event.SignedInOnNewDevice](t, s); len(got) != maxNewDevices+1 {
		t.Errorf("%d devices were published a day later, want %d", len(got), maxNewDevices+1)
	}
}

func TestARegistrationThatIsRepeatedElsewhereIsASignIn(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	register(t, s, "ada@demo.test")
	c.advance(time.Minute)
	register(t, s, "ada@demo.test") // with the same password
	if got := eventsOf[event.SignedInOnNewDevice](t, s); len(got) != 1 {
		t.Errorf("%d new devices were published, want the owner notified of one", len(got))
	}
}
