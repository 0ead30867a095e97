# The private PostgreSQL of this checkout. A server named by the environment is used as it is.
#
# Who uses the private server holds a shared lock on .local/postgres.users. Whoever leaves last
# stops it, unless `keep` asked for it to stay up until `./dev stop`.
# shellcheck shell=bash

EXTERNAL_SERVER="${PGHOST:-${PGHOSTADDR:-${PGSERVICE:-${PGPORT:+port $PGPORT}}}}"

PG_CHECKSUM="$(printf '%s' "$ROOT" | cksum | cut -d' ' -f1)"
PG_SOCKET="/tmp/sales-sop-$(id -u)-$PG_CHECKSUM"
PG_LOG_NAME=postgres.log

# PostgreSQL refuses to run as root: there the system's postgres user runs it.
pg_run() {
    if is_root; then
        (cd / && exec runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# Where the cluster lies: in .local if the user that runs it can get there.
pg_home() {
    if ! is_root || runuser -u postgres -- test -x "$LOCAL" 2>/dev/null; then
        printf '%s' "$LOCAL/postgres"
    else
        printf '%s' "/var/lib/sales-sop-$PG_CHECKSUM"
    fi
}

# Prints the folder of PostgreSQL's programs, in the version of an existing cluster.
pg_bin() {
    local folder version
    version="$(cat "${PG_HOME:-/nonexistent}/data/PG_VERSION" 2>/dev/null || true)"
    folder="$(printf '%s\n' /usr/lib/postgresql/*/bin | grep -F "/${version}${version:+/}" | sort -V | tail -n 1 || true)"
    if [[ -x "$folder/initdb" ]]; then
        printf '%s' "$folder"
    elif command -v initdb >/dev/null; then
        dirname "$(command -v initdb)"
    else
        return 1
    fi
}

pg_is_running() { pg_run "$(pg_bin)/pg_ctl" -D "$PG_HOME/data" status >/dev/null 2>&1; }

pg_create() {
    local new="$PG_HOME/data.new"
    say "Creating the database cluster"
    mkdir -p "$PG_HOME"
    is_root && chown postgres: "$PG_HOME"
    pg_run rm -rf "$new"
    pg_run "$(pg_bin)/initdb" -D "$new" -U odoo -A trust -E UTF8 --locale=C.UTF-8 --no-instructions >/dev/null ||
        die "The database cluster could not be created in $PG_HOME."
    # Comfort over safety: this data can be made again.
    pg_run tee -a "$new/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
jit = off
shared_buffers = 256MB
max_wal_size = 2GB
max_connections = 200
CONF
    pg_run mv "$new" "$PG_HOME/data"
}

pg_start_steps() {
    pg_is_running && return
    [[ -e "$PG_HOME/data/PG_VERSION" ]] || pg_create
    # A folder of that name that is not ours must not get our socket.
    pg_run mkdir -p -m 700 "$PG_SOCKET"
    [[ "$(stat -c %u "$PG_SOCKET")" == "$(stat -c %u "$PG_HOME/data")" ]] ||
        die "$PG_SOCKET belongs to somebody else."
    # No lock of ours may live on in the server.
    pg_run "$(pg_bin)/pg_ctl" -D "$PG_HOME/data" -l "$PG_HOME/$PG_LOG_NAME" -w -s \
        -o "-k $PG_SOCKET" start 7>&- 9>&- </dev/null ||
        die "PostgreSQL did not start; $PG_HOME/$PG_LOG_NAME says why."
}

# Join the users of the server; start it if need be.
pg_start() {
    if [[ -n "$EXTERNAL_SERVER" ]]; then
        "$VENV/bin/python" -c 'import psycopg2; psycopg2.connect(dbname="postgres").close()' 2>/dev/null ||
            die "The PostgreSQL server named by the environment does not let us in: $EXTERNAL_SERVER"
        return
    fi
    PG_HOME="$(pg_home)"
    exec 7>"$LOCAL/postgres.users"
    flock -s 7
    with_lock postgres pg_start_steps
    export PGHOST="$PG_SOCKET" PGPORT=5432 PGUSER=odoo
    unset PGPASSWORD PGDATABASE
}

pg_keep() { [[ -n "$EXTERNAL_SERVER" ]] || touch "$LOCAL/postgres.keep"; }

pg_stop_steps() {
    rm -f "$LOCAL/postgres.keep"
    if pg_is_running; then
        pg_run "$(pg_bin)/pg_ctl" -D "$PG_HOME/data" -m fast -w -s stop
    fi
}

# Leave the users of the server; the last one stops it.
pg_leave() {
    [[ -z "$EXTERNAL_SERVER" && -n "${PG_HOME:-}" ]] || return 0
    exec 7>&-
    [[ ! -e "$LOCAL/postgres.keep" ]] || return 0
    # shellcheck disable=SC2016
    (flock -n 7 || exit 0; with_lock postgres pg_stop_steps) 7>"$LOCAL/postgres.users"
}

pg_stop() {
    [[ -z "$EXTERNAL_SERVER" ]] || return 0
    PG_HOME="$(pg_home)"
    [[ -e "$PG_HOME/data/PG_VERSION" ]] || return 0
    with_lock postgres pg_stop_steps
}
