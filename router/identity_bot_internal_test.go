package router

import "testing"

func TestClientsThatBrowseWithoutAPersonAreBots(t *testing.T) {
	t.Parallel()
	for userAgent, want := range map[string]bool{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": true,
		"Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/131.0.0.0 Safari/537.36":   true,
		"facebookexternalhit/1.1":       true,
		"Scrapy/2.11":                   true,
		"UptimeMonitor/3":               true,
		"Slackbot-LinkExpanding 1.0":    true,
		"Mozilla/5.0 Chrome-Lighthouse": true,
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0":         false,
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1": false,
		"okhttp/4.12.0": false,
		"":              false,
	} {
		if got := isBot(userAgent); got != want {
			t.Errorf("%q is a bot: %t, want %t", userAgent, got, want)
		}
	}
}
