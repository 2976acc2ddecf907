package event

// UserRegistered tells that an account was opened.
type UserRegistered struct {
	UserID      string `json:"userId"`
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
	Locale      string `json:"locale"`
}

// Type, Topic and Subject make it a Payload.
func (UserRegistered) Type() string      { return typeName("user", "registered") }
func (UserRegistered) Topic() Topic      { return Users }
func (e UserRegistered) Subject() string { return e.UserID }

// UserProfileChanged tells a user's new public name and locale.
type UserProfileChanged struct {
	UserID      string `json:"userId"`
	DisplayName string `json:"displayName"`
	Locale      string `json:"locale"`
}

// Type, Topic and Subject make it a Payload.
func (UserProfileChanged) Type() string      { return typeName("user", "profileChanged") }
func (UserProfileChanged) Topic() Topic      { return Users }
func (e UserProfileChanged) Subject() string { return e.UserID }
