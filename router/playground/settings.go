package playground

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"
)

// slot is replaced by the page's settings.
const slot = `<script id="settings" type="application/json">{}</script>`

// settings are read by the pages' scripts.
type settings struct {
	Endpoint     string             `json:"endpoint"`
	Version      string             `json:"version"`
	DemoAccounts []settingAccount   `json:"demoAccounts"`
	APIClients   []settingClient    `json:"apiClients"`
	Operations   []settingOperation `json:"operations"`
}

type settingAccount struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Role     string `json:"role"`
}

type settingClient struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

type settingOperation struct {
	Name      string `json:"name"`
	Query     string `json:"query"`
	Variables string `json:"variables"`
}

// render is the page with its settings in it. JSON is written so that no value
// can end the script element.
func (p variant) render(o Options) []byte {
	html, err := fs.ReadFile(p.files, "index.html")
	if err != nil {
		panic("reading the embedded page: " + err.Error())
	}
	values, err := json.Marshal(settingsOf(o))
	if err != nil {
		panic("writing the page's settings: " + err.Error())
	}
	filled := strings.Replace(slot, "{}", string(values), 1)
	return bytes.Replace(html, []byte(slot), []byte(filled), 1)
}

func settingsOf(o Options) settings {
	s := settings{Endpoint: o.Endpoint, Version: o.Version, DemoAccounts: []settingAccount{}, APIClients: []settingClient{}, Operations: []settingOperation{}}
	if s.Endpoint == "" {
		s.Endpoint = "/graphql"
	}
	for _, p := range o.DemoAccounts {
		name, _, _ := strings.Cut(p.Email, "@")
		s.DemoAccounts = append(s.DemoAccounts, settingAccount{
			Name: capitalise(name), Email: p.Email, Password: p.Password, Role: highestRole(p.Roles),
		})
	}
	for _, p := range o.APIClients {
		s.APIClients = append(s.APIClients, settingClient(p))
	}
	if o.WithoutExamples {
		return s
	}
	for _, op := range Operations() {
		s.Operations = append(s.Operations, settingOperation{Name: op.Name, Query: op.Query, Variables: op.VariablesJSON})
	}
	return s
}

// highestRole is the last role: the first, CUSTOMER, is that of every account.
func highestRole(roles []string) string {
	if len(roles) == 0 {
		return ""
	}
	return strings.ToLower(roles[len(roles)-1])
}
