# `just` lists the recipes. Each line is a command that also works without it.

_default:
    @just --list --unsorted

# Everything that a change must pass; CI runs the same.
ci:
    .ci/run

# The server with demo data, on 127.0.0.1:8080.
demo:
    cargo run --release -- serve --demo

# The quick checks: formatting, tidiness, direction, warnings.
[group('lint')]
lint: fmt tidy direction clippy

# Formatting.
[group('lint')]
fmt:
    cargo fmt --all -- --check

# Nothing secret, nothing of one machine, nothing unfinished, no path that leads out of the repository.
[group('lint')]
tidy:
    tools/tidy --self-test
    tools/tidy

# Dependencies point one way.
[group('lint')]
direction:
    tools/direction --self-test
    tools/direction

# No warning.
[group('lint')]
clippy:
    cargo clippy --workspace --all-targets -- -D warnings

# No warning in any crate on its own: without features, with each alone, with all.
[group('lint')]
features:
    tools/features

# Each library can be packaged, with its metadata and licences; `just packages --build` builds the packages too.
[group('lint')]
packages *args:
    tools/packages --self-test
    tools/packages {{ args }}

# Licences, banned libraries, lowest versions. Needs cargo-deny, which .ci/run installs.
[group('lint')]
deny:
    cargo deny check licenses bans sources

# What a release of the server is made of (CycloneDX): publish it beside the binary.
[group('lint')]
sbom:
    @tools/sbom --check >&2
    @tools/sbom

# Every test; of one crate: `just test -p token-jwt`.
[group('test')]
test *args="--workspace":
    cargo test {{ args }}

# The same without the tests that need PostgreSQL. They are skipped anyway where its programs are not installed.
[group('test')]
test-without-postgres:
    TESSERA_SKIP_POSTGRES=1 cargo test --workspace

# Whole nodes with seeded faults: one seed with its history, or from it on so many: `just simulate 1 500`.
[group('test')]
simulate seed="1" seeds="1" operations="5000":
    cargo run --release -p tessera-testkit --example simulate -- --seed {{ seed }} --seeds {{ seeds }} --operations {{ operations }}

# The simulation's own tests: real parts break no rule, broken ones are found.
[group('test')]
simulate-all:
    TESSERA_SIMULATE_ALL=1 cargo test --release -p tessera-testkit --test simulation

# A disk that refuses to write and to sync, at every call, and a power cut at every moment. Needs strace.
[group('test')]
disk:
    TESSERA_DISK_ALL=1 TESSERA_REQUIRE_STRACE=1 cargo test -p store-diesel --test disk -- --nocapture

# The database killed, shut down, replaced by its standby, and with a failing disk, under load: each so many times.
[group('test')]
outages times="5":
    TESSERA_OUTAGES={{ times }} cargo test -p tessera --test databases -- --nocapture outages::

# Three nodes on PostgreSQL under Patroni, with etcd, HAProxy and PgBouncer: each fault, under load. See docs/HIGH-AVAILABILITY.md.
[group('test')]
ha *args:
    examples/ha/run {{ args }}

# The image and the compose file of packaging/container: built, run and checked with Docker or Podman.
[group('test')]
containers *args:
    tools/containers {{ args }}

# The Debian package, with manual pages and completions; it prints its path. Needs cargo-deb (`cargo install cargo-deb`).
[group('test')]
deb *args:
    tools/deb {{ args }}

# Follows docs/DEPLOYMENT.md as it is printed, on a fresh Debian, with a package of `just deb`. As root; needs debootstrap and systemd-container.
[group('test')]
deployment package *root:
    tools/deployment {{ package }} {{ root }}

# Follows the pages that protect a service, as they are printed; of one page: `just pages docs/protect-an-axum-service.md`.
[group('test')]
pages *pages="docs/protect-*.md":
    tools/pages --self-test
    tools/pages {{ pages }}

# Changes a crate (token-jwt) in many small ways and runs its tests on each change; of one file: `--file PATH`.
[group('test')]
mutants *args:
    tools/mutants {{ args }}

# Each fuzz target for this many seconds, or the named ones.
[group('test')]
fuzz seconds="60" *targets:
    fuzz/run {{ seconds }} {{ targets }}

# The documentation of every crate, with warnings denied.
[group('docs')]
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# The same, in the browser.
[group('docs')]
docs-open:
    cargo doc --workspace --no-deps --open

# Brings a database up to date: `just migrate sqlite:tessera.db`.
[group('db')]
migrate url="sqlite:tessera.db":
    cargo run --release -- migrate --database-url {{ url }}

# Migrations up and down, the schema as the code has it, and the store laws on both databases.
[group('db')]
test-db:
    cargo test -p store-diesel

# One verification of a JWT.
[group('bench')]
bench-jwt:
    cargo bench -p token-jwt

# The same beside other libraries, in a workspace of its own.
[group('bench')]
bench-jwt-peers:
    cargo run --release --manifest-path crates/token-jwt/benches/peers/Cargo.toml

# bcrypt, several at once on one core.
[group('bench')]
bench-bcrypt:
    cargo bench -p bcrypt-batch

# A log-out among many cached records.
[group('bench')]
bench-registry:
    cargo bench -p auth-core --features test-support --bench registry

# Writes a second, on SQLite and PostgreSQL.
[group('bench')]
bench-store:
    cargo bench -p store-diesel --features test-support

# 10,000 to 10,000,000 tokens, as docs/SCALING.md has it: `just scale fill URL TOKENS`, then measure, clean-up, draw.
[group('bench')]
scale *args:
    cargo run --release -p store-diesel --features test-support --example scale -- {{ args }}

# What 1 to 1,000 nodes ask of one PostgreSQL on this machine, as docs/BEYOND-ONE-PRIMARY.md has it: an empty database, seconds for each row.
[group('bench')]
fan-out url seconds="10":
    cargo run --release -p store-diesel --features test-support --example fan_out -- {{ url }} {{ seconds }}

# Logins without pause against the release build: capacity, a lone login, isolation, overload, timing, or all.
[group('bench')]
load which="all":
    cargo build --release
    cargo run --release --example load -- {{ which }}
