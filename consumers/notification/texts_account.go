package notification

import (
	"cartograph/internal/event"
	"cartograph/internal/message"
)

// onAccount are the texts of a mail about an account, with what its owner can do.
func onAccount(l look, subject, heading, intro message.Key, next ...message.Key) texts {
	return texts{subject: subject, heading: heading, intro: intro, next: next, action: "mail.see_account", why: "mail.why_account", look: l}
}

func accountTexts(m Mail) texts {
	switch m.Kind {
	case SignInsFailed:
		return onAccount(warning(), "mail.sign_ins_failed.subject", "mail.sign_ins_failed.heading", "mail.sign_ins_failed.intro",
			"mail.sign_ins_failed.slowed", "mail.if_own", "mail.sign_ins_failed.change")
	case SignedInOnNewDevice:
		return onAccount(neutral("!"), "mail.new_device.subject", "mail.new_device.heading", "mail.new_device.intro",
			"mail.if_own", "mail.new_device.stranger")
	case RegisteredAgain:
		return onAccount(neutral("@"), "mail.registered_again.subject", "mail.registered_again.heading", "mail.registered_again.intro",
			"mail.registered_again.own", "mail.registered_again.stranger")
	case VerifyEmail:
		t := onAccount(good("@"), "mail.verify_email.subject", "mail.verify_email.heading", "mail.verify_email.intro",
			"mail.verify_email.ends", "mail.not_registered")
		t.action = "mail.verify_email.action"
		return t
	case ResetPassword:
		t := onAccount(neutral("↻"), "mail.reset_password.subject", "mail.reset_password.heading", "mail.reset_password.intro",
			"mail.reset_password.ends", "mail.reset_password.sessions", "mail.reset_password.stranger")
		t.action = "mail.reset_password.action"
		return t
	case PasswordChanged:
		return onAccount(neutral("!"), "mail.password_changed.subject", "mail.password_changed.subject", "mail.password_changed.intro",
			"mail.if_own", "mail.password_changed.stranger")
	case SecondFactorChanged:
		return secondFactorTexts(event.SecondFactorChange(m.Reason))
	case EndpointPaused:
		t := onAccount(warning(), "mail.endpoint_paused.subject", "mail.endpoint_paused.heading", "mail.endpoint_paused.intro",
			"mail.endpoint_paused.reason", "mail.endpoint_paused.resumes", "mail.endpoint_paused.kept")
		if m.Endpoint != nil && m.Endpoint.Gone {
			t.intro, t.next = "mail.endpoint_paused.gone", []message.Key{"mail.endpoint_paused.change", "mail.endpoint_paused.kept"}
		}
		t.action = "mail.endpoint_paused.action"
		return t
	default:
		return onAccount(good("✓"), "mail.welcome.subject", "mail.welcome.subject", "mail.welcome.intro",
			"mail.welcome.confirm", "mail.welcome.account", "mail.not_registered")
	}
}

// secondFactorTexts are those of a change of a second factor.
func secondFactorTexts(change event.SecondFactorChange) texts {
	t := onAccount(neutral("!"), "mail.second_factor.enabled_subject", "", "mail.second_factor.enabled_intro")
	switch change {
	case event.SecondFactorEnabled:
		t.next = []message.Key{"mail.second_factor.enabled_codes"}
	case event.SecondFactorDisabled:
		t.subject, t.intro = "mail.second_factor.disabled_subject", "mail.second_factor.disabled_intro"
	case event.SecondFactorReset:
		t.subject, t.intro = "mail.second_factor.reset_subject", "mail.second_factor.reset_intro"
		t.next = []message.Key{"mail.second_factor.reset_again"}
	case event.RecoveryCodesReplaced:
		t.subject, t.intro = "mail.second_factor.replaced_subject", "mail.second_factor.replaced_intro"
	case event.RecoveryCodeUsed:
		t.subject, t.intro = "mail.second_factor.used_subject", "mail.second_factor.used_intro"
	}
	t.heading, t.next = t.subject, append(t.next, "mail.second_factor.own", "mail.second_factor.stranger")
	return t
}
