# Two commands on a fresh machine do all the set-up: `make bench` runs the main job, `make test` passes the tests.

SWIFT ?= swift

.PHONY: bench test proof build packages examples

bench: packages
	$(SWIFT) build -c release --product ringbench
	.build/release/ringbench

test: packages
	scripts/run-tests.sh

# Explorer, relacy, Spin, memory orders, mutations (design/protocol.md); .ci/run does it with a sample of the mutations.
proof: packages
	scripts/proof/run.sh $(if $(SHORT),--short)

build: packages
	$(SWIFT) build -c release

# The consumers in Examples, by any C11 compiler: they need nothing but the two headers and libc.
EXAMPLES_DIR ?= .build/examples
examples: $(EXAMPLES_DIR)/receive_and_return $(EXAMPLES_DIR)/several_consumers

$(EXAMPLES_DIR)/%: Examples/%.c $(wildcard Examples/*.h) $(wildcard Sources/CTokenRing/include/token_ring*.h)
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -pthread -ISources/CTokenRing/include -o $@ $<

# Installs what is missing of scripts/packages.txt as root; otherwise says the one line to run and exits 69.
packages:
	@scripts/install-packages.sh
