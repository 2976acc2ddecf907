package playground

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"
)

// slot is where a page expects its settings.
const slot = `<script id="settings" type="application/json">{}</script>`

// settings is what the pages read.
type settings struct {
	Endpoint   string             `json:"endpoint"`
	Version    string             `json:"version"`
	People     []settingPerson    `json:"people"`
	Partners   []settingPartner   `json:"partners"`
	Operations []settingOperation `json:"operations"`
}

type settingPerson struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Role     string `json:"role"`
}

type settingPartner struct {
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
	s := settings{Endpoint: o.Endpoint, Version: o.Version, People: []settingPerson{}, Partners: []settingPartner{}, Operations: []settingOperation{}}
	if s.Endpoint == "" {
		s.Endpoint = "/graphql"
	}
	for _, p := range o.People {
		name, _, _ := strings.Cut(p.Email, "@")
		s.People = append(s.People, settingPerson{
			Name: capitalise(name), Email: p.Email, Password: p.Password, Role: telling(p.Roles),
		})
	}
	for _, p := range o.Partners {
		s.Partners = append(s.Partners, settingPartner(p))
	}
	if o.Strange {
		return s
	}
	for _, op := range Operations() {
		s.Operations = append(s.Operations, settingOperation{Name: op.Name, Query: op.Query, Variables: op.Written})
	}
	return s
}

// telling is the role that sets a person apart: everybody is a customer.
func telling(roles []string) string {
	if len(roles) == 0 {
		return ""
	}
	return strings.ToLower(roles[len(roles)-1])
}
