package pg

import (
	"strings"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"go.opentelemetry.io/otel/trace"
)

// Traced records a span for each statement and batch within another span. Parameters,
// which may be personal data, are not recorded. Without a provider it returns other;
// otherwise other, which may be nil, sees the statements as well.
func Traced(provider trace.TracerProvider, other pgx.QueryTracer) pgx.QueryTracer {
	if provider == nil {
		return other
	}
	tracer := otelpgx.NewTracer(
		otelpgx.WithTracerProvider(provider), otelpgx.WithDisableConnectionDetailsInAttributes(),
		otelpgx.WithDisableQuerySpanNamePrefix(), otelpgx.WithTrimSQLInSpanName(), otelpgx.WithSpanNameFunc(statementName),
	)
	if other == nil {
		return tracer
	}
	return multitracer.New(tracer, other)
}

// statementName is the name that a query has in its first line, for sqlc, or its first
// word.
func statementName(sql string) string {
	if name, found := strings.CutPrefix(sql, "-- name: "); found {
		name, _, _ = strings.Cut(name, " ")
		return name
	}
	words := strings.Fields(sql)
	if len(words) == 0 {
		return "statement"
	}
	return strings.ToUpper(words[0])
}
