package program

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// Piece is a part of a request's body: static bytes, or a member of its
// variables that is left out if the client provided no value.
type Piece struct {
	Static   []byte
	Key      []byte   // "name": of the member
	Variable []string // the plan's name of the variable, and a path inside it
}

// split turns a template into pieces. A comma before a variable is removed from
// the static bytes: whether one is needed depends on the members before it that
// are present, which is known at run time only.
func split(t resolve.InputTemplate) ([]Piece, error) {
	var out []Piece
	for _, segment := range t.Segments {
		if segment.SegmentType == resolve.StaticSegmentType {
			out = addStatic(out, segment.Data)
			continue
		}
		if len(out) == 0 || out[len(out)-1].Static == nil {
			return nil, unsupported("variable without a name before it")
		}
		last := &out[len(out)-1]
		key := memberKey(last.Static)
		if key == nil {
			return nil, unsupported("variable that is no member of an object")
		}
		last.Static = bytes.TrimSuffix(last.Static[:len(last.Static)-len(key)], []byte(","))
		member, err := memberPiece(key, segment)
		if err != nil {
			return nil, err
		}
		out = append(out, member)
	}
	return out, nil
}

func addStatic(out []Piece, data []byte) []Piece {
	if n := len(out); n > 0 && out[n-1].Static != nil {
		out[n-1].Static = append(out[n-1].Static, data...)
		return out
	}
	return append(out, Piece{Static: append([]byte{}, data...)})
}

func memberPiece(key []byte, segment resolve.TemplateSegment) (Piece, error) {
	if segment.VariableKind != resolve.ContextVariableKind || len(segment.VariableSourcePath) == 0 {
		return Piece{}, unsupported("variable of kind %d", segment.VariableKind)
	}
	if _, ok := segment.Renderer.(*resolve.JSONVariableRenderer); !ok {
		return Piece{}, unsupported("variable written by %T", segment.Renderer)
	}
	return Piece{Key: bytes.Clone(key), Variable: segment.VariableSourcePath}, nil
}

// memberPieces returns the variables of one list of a merged fetch.
func memberPieces(variables []resolve.MultiEntityFetchVariable) ([]Piece, error) {
	var out []Piece
	for _, v := range variables {
		segments := slices.DeleteFunc(slices.Clone(v.Value.Segments), func(s resolve.TemplateSegment) bool {
			return s.SegmentType == resolve.StaticSegmentType && len(s.Data) == 0
		})
		if len(segments) != 1 {
			return nil, unsupported("variable of %d parts", len(segments))
		}
		key := bytes.TrimPrefix(v.KeyPrefix, []byte(","))
		if segments[0].SegmentType == resolve.StaticSegmentType {
			out = append(out, Piece{Key: bytes.Clone(key), Static: segments[0].Data})
			continue
		}
		member, err := memberPiece(key, segments[0])
		if err != nil {
			return nil, err
		}
		out = append(out, member)
	}
	return out, nil
}

// memberKey returns the `"name":` that a text ends with, or nil.
func memberKey(text []byte) []byte {
	body, ok := bytes.CutSuffix(text, []byte(`":`))
	if !ok {
		return nil
	}
	at := bytes.LastIndexByte(body, '"')
	if at < 1 || body[at-1] != '{' && body[at-1] != ',' {
		return nil
	}
	return text[at:]
}

// extractBody takes the request's body out of the engine's input, which is
// {"method":…,"url":…,"body":{…}}. Method and URL are decided by package
// upstream; anything else in the envelope is unsupported.
func (f *Fetch) extractBody() error {
	const before = `"body":`
	if len(f.Prefix) == 0 || f.Prefix[0].Static == nil {
		return unsupported("request without static prefix")
	}
	head, body, ok := bytes.Cut(f.Prefix[0].Static, []byte(before))
	if !ok {
		return unsupported("request without a body")
	}
	var envelope map[string]string
	outer := append(bytes.TrimRight(bytes.Clone(head), ","), '}')
	if json.Unmarshal(outer, &envelope) != nil || len(envelope) != 2 || envelope["method"] != "POST" {
		return unsupported("request that is not a plain POST")
	}
	f.Prefix[0].Static = body
	if !f.variablesAreFlat() {
		return unsupported("variable inside another")
	}
	last := &f.Prefix[len(f.Prefix)-1]
	if len(f.Suffix) > 0 {
		last = &f.Suffix[len(f.Suffix)-1]
	}
	if last.Static, ok = bytes.CutSuffix(last.Static, []byte("}")); !ok {
		return unsupported("request without closing brace")
	}
	return nil
}

// variablesAreFlat reports that every variable is a direct member of the body's
// "variables", two levels deep. Inside another value, leaving it out would not be
// the same as not providing it.
func (f *Fetch) variablesAreFlat() bool {
	var braces depth
	for _, list := range [][]Piece{f.Prefix, f.Suffix} {
		for _, p := range list {
			braces.read(p.Static)
			if p.Variable != nil && braces.level != 2 {
				return false
			}
		}
	}
	return true
}

// depth counts the open brackets outside of strings.
type depth struct {
	level           int
	quoted, escaped bool
}

func (d *depth) read(text []byte) {
	for _, c := range text {
		switch {
		case d.escaped:
			d.escaped = false
		case d.quoted && c == '\\':
			d.escaped = true
		case c == '"':
			d.quoted = !d.quoted
		case d.quoted:
		case c == '{' || c == '[':
			d.level++
		case c == '}' || c == ']':
			d.level--
		}
	}
}
