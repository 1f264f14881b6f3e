# Two commands on a fresh machine do all the set-up: `make bench` runs the main job, `make test` passes the tests.

SWIFT ?= swift

.PHONY: bench bench-peers instructions test test-tsan test-asan proof test-zerocopy build packages examples soak fuzz deaths \
	results test-report docs man completions

bench: packages
	$(SWIFT) build -c release --product ringbench
	.build/release/ringbench

# TokenRing beside rings of other projects, from Debian's packages (design/measuring.md).
bench-peers: packages
	scripts/install-packages.sh peer-packages.txt
	$(SWIFT) build -c release --product ringbench
	scripts/build-peers.sh
	.build/release/ringbench ring --peers

# Instructions per token and per ring entry, counted by valgrind: no noise (design/measuring.md).
instructions: packages
	scripts/install-packages.sh instruction-packages.txt
	$(SWIFT) build -c release --product ringbench
	scripts/instructions.py

test: packages
	scripts/run-tests.sh

# The tests under ThreadSanitizer and AddressSanitizer (design/protocol.md).
test-tsan: packages
	scripts/sanitize.sh thread

test-asan: packages
	scripts/sanitize.sh address

# Explorer, relacy, Spin, memory orders, mutations (design/protocol.md); .ci/run does it with a sample of the mutations.
proof: packages
	scripts/proof/run.sh $(if $(SHORT),--short)

# A guest with zero copy, made of Debian packages and booted under QEMU; nothing is installed (design/zerocopy.md).
test-zerocopy: packages
	$(SWIFT) build -c release --product ringbench
	scripts/zerocopy/run.sh

build: packages
	$(SWIFT) build -c release

# Random load, faults and restarts for SECONDS; every token must be home at the end.
soak: SECONDS ?= 1800
soak: build examples
	scripts/soak.py $(SECONDS)

# Each fuzz target for SECONDS, with AddressSanitizer.
fuzz: SECONDS ?= 60
fuzz: packages
	scripts/fuzz.sh $(SECONDS)

# Ten thousand processes killed at random, and one before each access to a ring.
deaths: packages
	$(SWIFT) build --build-tests
	TOKEN_RING_DEATHS=2500 $(SWIFT) test --skip-build --disable-xctest --no-parallel --filter DeathTests

# Every measurement and check once, and the report on them, into RESULTS: some 35 minutes (design/results/README.md).
RESULTS ?= design/results
results: packages
	$(SWIFT) build -c release --product ringbench
	scripts/full-run.sh $(RESULTS) $(if $(QUICK),--quick)

# The report of a short run in a real browser; installs Chromium, which make test does not need.
test-report: packages
	$(SWIFT) build -c release --product ringbench
	scripts/test-report.sh

# The libraries' documentation as static pages.
docs: packages
	scripts/docs.sh

# The manual pages, by the argument parser's plugin.
man: packages
	$(SWIFT) package generate-manual --multi-page
	@echo "read them with: man -l .build/plugins/GenerateManual/outputs/ringbench/ringbench.1"

# For bash: source .build/completions/ringbench.bash
completions: packages
	$(SWIFT) build -c release --product ringbench
	mkdir -p .build/completions
	for shell in bash zsh fish; do \
	    .build/release/ringbench --generate-completion-script $$shell >.build/completions/ringbench.$$shell || exit; done

# The consumers in Examples, by any C11 compiler: they need nothing but the two headers and libc.
EXAMPLES_DIR ?= .build/examples
examples: $(EXAMPLES_DIR)/receive_and_return $(EXAMPLES_DIR)/several_consumers

$(EXAMPLES_DIR)/%: Examples/%.c $(wildcard Examples/*.h) $(wildcard Sources/CTokenRing/include/token_ring*.h)
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -pthread -ISources/CTokenRing/include -o $@ $<

# Installs what is missing of scripts/packages.txt as root; otherwise says the one line to run and exits 69.
packages:
	@scripts/install-packages.sh
