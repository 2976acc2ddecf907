package event

// UserRegistered reports that an account was created.
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

// UserProfileChanged reports the new public name and locale of a user.
type UserProfileChanged struct {
	UserID      string `json:"userId"`
	DisplayName string `json:"displayName"`
	Locale      string `json:"locale"`
}

// Type, Topic and Subject make it a Payload.
func (UserProfileChanged) Type() string      { return typeName("user", "profileChanged") }
func (UserProfileChanged) Topic() Topic      { return Users }
func (e UserProfileChanged) Subject() string { return e.UserID }
