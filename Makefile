# Node Doctor. `make` alone lists what can be done.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/node-doctor
# The pinned Node and its tools first; then what the set-up built; nats-server and mkfs lie where only root looks.
export PATH := $(CURDIR)/node_modules/.bin:$(CACHE)/bin:$(PATH):/usr/local/sbin:/usr/sbin:/sbin

.PHONY: help setup setup-test run dev build generate proto lint check test bench soak images push compose-test test-kube test-npd \
  test-cluster clean build-all-binaries docker-build-all docker-push-all

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## installs what `make run` needs
	@scripts/setup.sh run

setup-test: ## installs what `make test` needs
	@scripts/setup.sh test

run: setup build ## starts the whole set on this machine and shows it (ARGS="--config FILE" …)
	@exec node dist/cli.mjs up $(ARGS)

dev: setup build ## like run, and starts anew what is edited
	@exec tsx scripts/dev.ts $(ARGS)

build: setup ## bundles every service and the page into dist/
	@node scripts/build.ts

generate: setup ## makes every generated file anew
	@node scripts/generate.ts

proto: setup ## makes libs/proto from proto/
	@scripts/generate-proto.sh

lint: setup ## format, lint, types, import rules, protocols, shell scripts
	@node scripts/verify.ts lint

check: setup ## lint and the unit tests but those of whole parts; under a minute
	@node scripts/verify.ts check

test: setup-test ## everything, on the real machine; ends with totals
	@node scripts/verify.ts test

bench: setup-test build ## every figure beside its budget (ONLY="bus page" for some)
	@node scripts/bench.ts $(ONLY)

soak: setup-test build ## the tests of endurance, at full length
	@vitest run --config test/soak/vitest.config.ts

images: setup build ## the container image, node-doctor:dev (IMAGE, BASE)
	@deploy/images/build.sh

compose-test: setup-test build ## the set as containers: broken, asked, killed, taken down
	@test/compose/setup.sh && node test/compose/run.ts

push: images ## the image for amd64 and arm64 into a registry (REGISTRY, TAG)
	@deploy/images/push.sh

test-kube: setup-test build ## the tests of the API server's fake and of the exporter, at a real Kubernetes API server
	@test/kube/setup.sh && vitest run --config test/kube/vitest.config.ts && node test/kube/manifests.ts

test-npd: setup-test build ## each case through node-problem-detector v1.36.0 and through ours (ARGS="--only TEXT")
	@node test/npd/run.ts $(ARGS)

test-cluster: setup-test build ## the whole on a real cluster (KUBECONFIG; test/cluster/README.md)
	@node test/cluster/run.ts

build-all-binaries: build ## the same as build
docker-build-all: images ## the same as images: one image has every service
docker-push-all: push ## the same as push

clean: ## removes what was built
	@rm -rf dist coverage
