package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/pg"
)

// template is a database to clone, with the migrations to create it by if it is
// missing.
type template struct {
	name       string
	migrations []fs.FS
}

// templateOf names the template after the contents of the migrations. Sets
// without a migration are omitted.
func templateOf(sets []fs.FS) (template, error) {
	h := sha256.New()
	if _, err := digest(h, pg.Shared()); err != nil {
		return template{}, err
	}
	var tmpl template
	for _, set := range sets {
		files, err := digest(h, set)
		if err != nil {
			return template{}, err
		}
		if files > 0 {
			tmpl.migrations = append(tmpl.migrations, set)
		}
	}
	tmpl.name = "template_" + hex.EncodeToString(h.Sum(nil)[:8])
	return tmpl, nil
}

func digest(w io.Writer, set fs.FS) (files int, err error) {
	err = fs.WalkDir(set, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := fs.ReadFile(set, path)
		_, _ = fmt.Fprintf(w, "%s\x00%d\x00%s", path, len(b), b)
		return err
	})
	_, _ = fmt.Fprint(w, "\x00end\x00")
	return files, err
}

// clone returns the name of a new database that equals the template.
func (s *server) clone(ctx context.Context, tmpl template) (string, error) {
	name := fmt.Sprintf("%s%s_%d", testPrefix, s.run, s.clones.Add(1))
	sql := fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", name, tmpl.name)
	const attempts = 5
	var err error
	for range attempts {
		_, err = s.admin.Exec(ctx, sql)
		switch {
		case isCode(err, "3D000"): // no such template, or not any more
			if err := s.build(ctx, tmpl); err != nil {
				return "", err
			}
		case isCode(err, "55006"): // another session is connected to the template: retry
		default:
			return name, err
		}
	}
	return "", err
}

func (s *server) drop(ctx context.Context, name string) error {
	_, err := s.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	return err
}

// build creates the template. An advisory lock serialises programs that need the
// same one; the rename at the end makes it visible only once it is complete.
func (s *server) build(ctx context.Context, tmpl template) error {
	conn, err := s.admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", tmpl.name); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(ctx, "SELECT pg_advisory_unlock(hashtext($1))", tmpl.name) }()

	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", tmpl.name).Scan(&exists); err != nil || exists {
		return err
	}
	draft := "draft_" + tmpl.name
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)",
		"CREATE DATABASE " + draft + " TEMPLATE template0 STRATEGY file_copy",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := migrate(ctx, s.url(draft), tmpl.migrations); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+draft+" RENAME TO "+tmpl.name)
	return err
}

func migrate(ctx context.Context, url string, sets []fs.FS) error {
	p, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	defer p.Close()
	if len(sets) == 0 {
		return pg.MigrateAs(ctx, p, "migrations_shared", pg.Shared())
	}
	if err := pg.Migrate(ctx, p, sets[0]); err != nil {
		return err
	}
	for i, set := range sets[1:] {
		if err := pg.MigrateAs(ctx, p, fmt.Sprintf("migrations_%d", i+2), set); err != nil {
			return err
		}
	}
	return nil
}

// templatesKept bounds the templates, one for each version of the migrations.
const templatesKept = 40

// cleanUp drops the databases of test programs that were killed, and the oldest
// templates. Databases in use stay.
func (s *server) cleanUp(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `
		SELECT datname FROM pg_database
		WHERE datname LIKE $1 AND NOT EXISTS (
			SELECT FROM pg_locks
			WHERE locktype = 'advisory' AND classid = $2 AND objid = split_part(datname, '_', 3)::oid)`,
		`test\_db\_%`, runClass)
	if err != nil {
		return err
	}
	stale, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	rows, err = conn.Query(ctx, `
		SELECT datname FROM pg_database WHERE datname LIKE 'template\_%' ORDER BY oid DESC OFFSET $1`, templatesKept)
	if err != nil {
		return err
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range stale {
		if err := s.drop(ctx, name); err != nil && !isCode(err, "55006") {
			return err
		}
	}
	for _, name := range slices.Backward(old) {
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name); err != nil && !isCode(err, "55006") {
			return err
		}
	}
	return nil
}

func isCode(err error, code string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == code
}
