# Two commands on a fresh machine do all the set-up: `make bench` runs the main job, `make test` passes the tests.

SWIFT ?= swift

.PHONY: bench test build packages

bench: packages
	$(SWIFT) build -c release --product ringbench
	.build/release/ringbench

test: packages
	scripts/run-tests.sh

build: packages
	$(SWIFT) build -c release

# Installs what is missing of scripts/packages.txt as root; otherwise says the one line to run and exits 69.
packages:
	@scripts/install-packages.sh
