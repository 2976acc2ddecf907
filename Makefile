.DEFAULT_GOAL := help
tools := go tool -modfile=tools/go.mod
generated := subgraphs consumers internal/rpc/v1 internal/subgraph/internal schema
npm_ci := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)

# $(call step,NAME,COMMAND) runs a command and prints its name and time; what the
# command printed only if it failed.
define step
	@mkdir -p bin; printf '  %-12s ' '$(1)'; began=$$(date +%s); \
	if { $(2); } >bin/$(1).log 2>&1; then echo "$$(($$(date +%s) - began)) s"; \
	else echo failed; cat bin/$(1).log; exit 1; fi
endef

help: ## list of targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: build ## every role in one process, with demo data
	@DEMO=$${DEMO:-true} bin/cartograph $(ARGS)

build: pages-if-npm ## bin/cartograph
	$(call step,build,go build -tags nodynamic -ldflags '-X cartograph/app.version=$(VERSION)' -o bin/cartograph ./cmd/cartograph)

test: ## every test; no setup
	go test -timeout 25m ./...

race: ## the concurrent packages under the race detector
	go test -race ./router/... ./subgraphs/... ./consumers/... ./internal/... ./gatewaysim/...

bench: ## speed and memory, as Go benchmarks
	go test -run '^$$' -bench . -benchmem ./...

load: build ## load test of the running binary with 10,000 products; ARGS=-overload or -rush
	go run ./bench $(ARGS)

SEED ?= 1
chaos: ## purchases under faults: processes killed, links cut, a full disk; SEED=n (Linux)
	CHAOS=1 CHAOS_SEED=$(SEED) go test -count=1 -v -timeout 30m $(ARGS) ./e2e/chaos

soak: ## the same for 20 minutes: 400 purchases, 40 faults, a new seed each time
	CHAOS=1 CHAOS_ORDERS=400 CHAOS_FAULTS=40 CHAOS_EVERY_MS=20000 go test -count=1 -v -timeout 60m $(ARGS) ./e2e/chaos

kafka-real: ## the same with one seed on an Apache Kafka, by Java and Maven
	CHAOS=1 CHAOS_KAFKA=real CHAOS_SEED=$(SEED) go test -count=1 -v -timeout 20m -run TestNothingIsLost $(ARGS) ./e2e/chaos

bench-router: ## cost of one request in the router: both executors, both clients
	go run ./router/internal/bench $(ARGS)

generate: ## Go from schema/, db/queries/ and schema/rpc/
	go generate ./subgraphs/... ./consumers/... ./internal/rpc/... ./internal/event/... ./internal/subgraph/...
	$(tools) golangci-lint fmt

schema: ## compose schema/*.graphql into schema/supergraph.graphql (needs npm)
	$(npm_ci) --prefix schema/compose
	npm run --prefix schema/compose compose

pages: ## build the playground (needs npm)
	$(call step,pages,$(npm_ci) --prefix router/playground && npm run --silent --prefix router/playground build)

elasticsearch: ## an Elasticsearch node on this machine, by Java and Maven; ACTION=stop ends it
	@real/elasticsearch.sh $(or $(ACTION),start)

s3-real: ## the object store against a versitygw from the Go module proxy
	@real/s3.sh

clients: build ## clients from npm and a browser, against bin/cartograph (needs npm)
	$(npm_ci) --prefix e2e/clients
	npm test --prefix e2e/clients

# Without npm the server shows a plain page.
pages-if-npm:
	@if command -v npm >/dev/null && [ ! -e router/playground/dist/index.html ]; then \
		$(MAKE) --no-print-directory pages || echo "The playground could not be built; a plain page is served instead."; fi

fmt: ## format
	$(tools) golangci-lint fmt

lint: ## run golangci-lint
	$(tools) golangci-lint run

notice: ## NOTICE: the licences of the modules in the program
	@mkdir -p bin; go run ./internal/notice >bin/NOTICE && mv bin/NOTICE NOTICE

vulncheck: ## known vulnerabilities of what is used; needs Go's module proxy and vulnerability database
	@out=$$(go run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./... 2>&1); code=$$?; echo "$$out"; \
	case "$$code $$out" in "0 "*|*"exit status 3"*) ;; \
	*) echo "Nothing was checked: the module proxy or the vulnerability database (vuln.go.dev) cannot be reached.";; esac; exit $$code

check: generate lint ## generated code current, lint clean
	@git diff --exit-code -- $(generated) || { echo "Generated code was not current; commit what make generate wrote."; exit 1; }

.PHONY: help up build test race bench chaos soak kafka-real elasticsearch s3-real bench-router load generate schema pages pages-if-npm clients fmt lint notice vulncheck check
