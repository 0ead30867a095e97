# Shared by ./dev and everything in tools/*.sh. Expects ROOT, the checkout's folder.
# shellcheck shell=bash

LOCAL="$ROOT/.local"
export VENV="$LOCAL/venv"

say() { printf '\033[1m▸ %s\033[0m\n' "$*" >&2; }
warn() { printf '! %s\n' "$*" >&2; }
die() {
    printf '✗ %s\n' "$*" >&2
    exit 1
}

is_root() { [[ "$(id -u)" == 0 ]]; }

# Hold LOCK while running COMMAND: one set-up or one server start at a time per checkout.
with_lock() {
    local lock="$LOCAL/$1.lock"
    shift
    (
        flock -n 9 || { say "Waiting for another ./dev in this checkout"; flock 9; }
        "$@"
    ) 9>"$lock"
}

# The names of the product's add-ons, in the order of their dependencies.
ADDONS=(sales_sop sales_sop_contract_review sales_sop_aftersales)
ADDONS_LIST="$(IFS=,; printf '%s' "${ADDONS[*]}")"
export SOP_ADDONS="$ADDONS_LIST"

# Run COMMAND so that Ctrl-C, or a signal to ./dev alone, ends it first and us after it.
run_child() {
    local child status=0
    "$@" </dev/null &
    child=$!
    trap 'kill -TERM "$child" 2>/dev/null || true' INT TERM HUP
    while kill -0 "$child" 2>/dev/null; do
        status=0
        wait "$child" || status=$?
    done
    trap - INT TERM HUP
    return "$status"
}
