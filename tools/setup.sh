# What has to be there before Odoo can run: system packages, Odoo's source, a virtual environment.
# Every step looks first and works only where something is missing, so an interrupted run is
# repaired by the next one.
# shellcheck shell=bash

ODOO_SERIES=19.0
DEBIAN_ODOO="$LOCAL/odoo-19"

# --- System packages ---------------------------------------------------------------------------

# Prints the first Python that can make our environment; the environment's own cannot.
find_python() {
    local name PATH="${PATH//"$VENV/bin:"/}"
    for name in python3 python3.11 python3.12 python3.13 /usr/bin/python3; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

find_browser() {
    local name
    for name in google-chrome chromium chromium-browser google-chrome-stable; do
        command -v "$name" && return
    done
    return 1
}

has_chinese_font() { [[ -n "$(fc-list ':lang=zh-cn' 2>/dev/null | head -n 1)" ]]; }

missing_packages() {
    venv_is_made || find_python >/dev/null || printf '%s\n' python3-venv
    if [[ -z "$EXTERNAL_SERVER" ]]; then
        pg_bin >/dev/null || printf '%s\n' postgresql
    fi
    find_browser >/dev/null || printf '%s\n' chromium
    has_chinese_font || printf '%s\n' fontconfig fonts-dejavu-core fonts-wqy-microhei
}

system_packages() {
    local packages as_root=()
    mapfile -t packages < <(missing_packages)
    ((${#packages[@]})) || return 0
    if ! is_root; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            as_root=(sudo -n)
        else
            die "These packages are missing; install them as root, then run this again:
    apt-get update && apt-get install --no-install-recommends ${packages[*]}"
        fi
    fi
    command -v apt-get >/dev/null || die "Please install the counterparts of these Debian packages: ${packages[*]}"
    say "Installing Debian packages: ${packages[*]}"
    # Our server is a private one: no service of Debian's beside it.
    if [[ " ${packages[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
        "${as_root[@]}" mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' |
            "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    "${as_root[@]}" apt-get update -q >"$LOCAL/log/apt.log" 2>&1 ||
        warn "apt-get update failed; trying with the package lists at hand."
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold "${packages[@]}" </dev/null >>"$LOCAL/log/apt.log" 2>&1; then
        die "The Debian packages ${packages[*]} could not be installed: is the network there? (.local/log/apt.log)"
    fi
    mapfile -t packages < <(missing_packages)
    ((${#packages[@]} == 0)) || die "Still missing after the installation: ${packages[*]}"
}

# --- Odoo's source ------------------------------------------------------------------------------

# Prints the folder that holds `odoo/` if it is Odoo 19.0.
check_odoo() {
    grep -Eq "^version_info *= *\(19, *0," "$1/odoo/release.py" 2>/dev/null && (cd "$1" && pwd)
}

# Prints the folder of an Odoo that the machine's own Python can import.
importable_odoo() {
    local folder
    folder="$(cd / && python3 -c '
import importlib.util, pathlib
spec = importlib.util.find_spec("odoo.release")
print(pathlib.Path(spec.origin).parent.parent)' 2>/dev/null)" || return 1
    check_odoo "$folder"
}

# Sets ODOO_SRC: ODOO_HOME, else an importable Odoo, else Debian's package.
find_odoo() {
    if [[ -n "${ODOO_HOME:-}" ]]; then
        ODOO_SRC="$(check_odoo "$ODOO_HOME")" ||
            die "ODOO_HOME=$ODOO_HOME is not an Odoo $ODOO_SERIES: it has no odoo/release.py of that version."
    else
        ODOO_SRC="$(importable_odoo)" || ODOO_SRC="$DEBIAN_ODOO/usr/lib/python3/dist-packages"
    fi
    export ODOO_SRC
}

# The main archive this machine's apt uses; asks with the given options.
debian_mirror() {
    # shellcheck disable=SC2016  # apt fills these in
    apt-get "$@" indextargets --format '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)' 'Identifier: Packages' |
        awk -F'|' '$2=="Debian" && $3=="Debian" && $4=="main" {print $1; exit}'
}

# odoo-19 is only in Debian's unstable suite: fetch it and the libraries it links to with a
# private apt state, and unpack them side by side.
download_odoo() {
    local work="$LOCAL/cache/apt" debs="$LOCAL/cache/debs" keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    local private release mirror suite
    command -v apt-get >/dev/null ||
        die "There is no Odoo $ODOO_SERIES here and no apt to fetch one: set ODOO_HOME to a checkout of it."
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$debs"
    private=(-o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work" -o "Dir::Cache::archives=$work/archives"
        -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root)
    mirror="$(debian_mirror)"
    if [[ -z "$mirror" ]]; then
        apt-get -q "${private[@]}" update >/dev/null 2>&1 || true
        mirror="$(debian_mirror "${private[@]}")"
    fi
    [[ -n "$mirror" ]] ||
        die "apt knows no Debian archive, so Odoo cannot be fetched: set ODOO_HOME to an Odoo $ODOO_SERIES."
    # shellcheck disable=SC1091
    suite="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")"
    release="deb [signed-by=$keyring] $mirror"
    printf '%s sid main\n%s %s main\n' "$release" "$release" "$suite" >"$work/sources.list"
    private+=(-o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null)
    say "Fetching Debian's odoo-19 (about 130 MB)"
    # The stock libraries come from the machine's own suite: Font Awesome must stay at 4.7.
    if ! { apt-get -q "${private[@]}" update --error-on=any &&
        cd "$debs" && apt-get -q "${private[@]}" download odoo-19/sid fonts-montserrat/sid \
        "libjs-jquery/$suite" "libjs-jquery-form/$suite" "libjs-underscore/$suite" \
        "fonts-font-awesome/$suite" "fonts-inconsolata/$suite" "fonts-roboto-unhinted/$suite"; } >"$LOCAL/log/odoo.log" 2>&1; then
        sed -n 's/^E: /  /p' "$LOCAL/log/odoo.log" | head -n 1 >&2
        die "Odoo is not here and could not be fetched from this machine's Debian archive: is the network there? (.local/log/odoo.log; ODOO_HOME may name an Odoo $ODOO_SERIES instead.)"
    fi
    touch "$debs/complete"
    rm -rf "$work"
}

write_odoo_bin() {
    cat >"$1" <<'PYTHON'
#!/usr/bin/env python3
__import__("os").environ["TZ"] = "UTC"
import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
PYTHON
    chmod +x "$1"
}

unpack_odoo() {
    local new="$DEBIAN_ODOO.new" deb packages
    rm -rf "$new" "$DEBIAN_ODOO"
    mkdir -p "$new"
    for deb in "$LOCAL/cache/debs"/*.deb; do
        say "Unpacking ${deb##*/}"
        if ! dpkg-deb -x "$deb" "$new"; then
            rm -f "$LOCAL/cache/debs/complete"
            die "${deb##*/} is damaged; the next run fetches it again."
        fi
    done
    packages="$new/usr/lib/python3/dist-packages"
    rm -rf "${new:?}/etc" "$packages/addons" "$packages/doc" "$packages/setup" "$packages"/odoo-19.0*.egg-info
    write_odoo_bin "$packages/odoo-bin"
    # Debian strips this library; without the file every page of the back end logs an error.
    deb="$packages/odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    if [[ ! -e "$deb" ]]; then
        mkdir -p "${deb%/*}"
        echo '// Not in the Debian package: background blur stays off.' >"$deb"
    fi
    (cd "$LOCAL/cache/debs" && echo odoo-19_*.deb) >"$new/version"
    mv "$new" "$DEBIAN_ODOO"
}

odoo_source() {
    [[ "$ODOO_SRC" == "$DEBIAN_ODOO/"* && ! -e "$DEBIAN_ODOO/version" ]] || return 0
    [[ -e "$LOCAL/cache/debs/complete" ]] || (download_odoo)
    unpack_odoo
}

# --- Virtual environment ------------------------------------------------------------------------

venv_stamp() {
    cat "$ROOT/tools/requirements.txt"
    printf '%s\n' "$(readlink -f "$LOCAL")/venv"
}

# Made from this lock, in this place, and its Python is still there.
venv_is_made() { [[ -x "$VENV/bin/python" ]] && cmp -s <(venv_stamp) "$VENV/complete"; }

link_odoo() {
    local site new
    site="$(echo "$VENV"/lib/python3.*/site-packages)"
    if [[ "$(cat "$site/odoo-src.pth" 2>/dev/null)" != "$ODOO_SRC" ]]; then
        new="$site/odoo-$ODOO_SERIES.dist-info"
        mkdir -p "$new"
        printf 'Metadata-Version: 2.1\nName: odoo\nVersion: %s\n' "$ODOO_SERIES" >"$new/METADATA"
        echo dev >"$new/INSTALLER"
        : >"$new/RECORD"
        printf '%s\n' "$ODOO_SRC" >"$site/odoo-src.pth"
    fi
    mkdir -p "$LOCAL/bin"
    [[ -x "$LOCAL/bin/odoo-bin" ]] || write_odoo_bin "$LOCAL/bin/odoo-bin"
    ln -sfn ../../tools/wkhtmltopdf "$LOCAL/bin/wkhtmltopdf"
}

# reportlab 4 draws no bar code without a back end that has no wheel for Python 3.13:
# take Debian's.
bar_code_backend() {
    local work="$LOCAL/cache/renderpm"
    "$VENV/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 13))' || return 0
    rm -rf "$work" && mkdir -p "$work"
    if (cd "$work" && apt-get -q download python3-rl-renderpm && dpkg-deb -x ./*.deb x) >/dev/null 2>&1; then
        find "$work/x" -name '_rl_renderPM*.so' -exec cp {} "$(echo "$VENV"/lib/python3.*/site-packages)/" \;
    else
        warn "python3-rl-renderpm could not be fetched: bar codes will be empty images."
    fi
    rm -rf "$work"
}

# Fetch what the lock names, as wheels that are kept: a new environment needs no network.
python_wheels() {
    local wheels="$LOCAL/cache/wheels" stamp
    stamp="$(cat "$ROOT/tools/requirements.txt"; "$VENV/bin/python" --version)"
    [[ "$(cat "$wheels/complete" 2>/dev/null)" != "$stamp" ]] || return 0
    rm -rf "$wheels"
    "$VENV/bin/python" -m pip wheel -q --disable-pip-version-check --no-cache-dir --retries 2 --use-pep517 -w "$wheels" \
        --require-hashes --only-binary :all: --no-binary docopt -r "$ROOT/tools/requirements.txt" \
        >"$LOCAL/log/pip.log" 2>&1 ||
        die "The Python packages are not here and could not be fetched: is the network there? (.local/log/pip.log)"
    printf '%s\n' "$stamp" >"$wheels/complete"
}

python_packages() {
    if ! venv_is_made; then
        say "Making the Python environment (half a minute)"
        rm -rf "$VENV"
        "$(find_python)" -m venv "$VENV"
        python_wheels
        "$VENV/bin/python" -m pip install -q --disable-pip-version-check --no-index --no-deps \
            "$LOCAL/cache/wheels"/*.whl >"$LOCAL/log/pip.log" 2>&1 ||
            die "The Python packages could not be installed; .local/log/pip.log says why."
        bar_code_backend
        venv_stamp >"$VENV/complete"
    fi
    link_odoo
}

# --- All of it ----------------------------------------------------------------------------------

is_set_up() {
    [[ -e "$ODOO_SRC/odoo/release.py" && -x "$LOCAL/bin/wkhtmltopdf" ]] &&
        [[ "$ODOO_SRC" != "$DEBIAN_ODOO/"* || -e "$DEBIAN_ODOO/version" ]] &&
        venv_is_made &&
        [[ "$(cat "$VENV"/lib/python3.*/site-packages/odoo-src.pth 2>/dev/null)" == "$ODOO_SRC" ]] &&
        [[ -z "$(missing_packages)" ]]
}

set_up_steps() {
    system_packages
    odoo_source
    python_packages
}

# Chromium puts a socket below its temporary folder, and a socket's path is short.
temporary_folder() {
    local folder="$LOCAL/tmp"
    if ((${#folder} > 40)); then
        folder="/tmp/sop-$(id -u)-$(printf '%s' "$ROOT" | cksum | cut -d' ' -f1)"
    fi
    mkdir -p "$folder"
    [[ -O "$folder" ]] || die "$folder belongs to somebody else."
    chmod 700 "$folder"
    printf '%s' "$folder"
}

set_up() {
    mkdir -p "$LOCAL/cache" "$LOCAL/data" "$LOCAL/log"
    find_odoo
    is_set_up || with_lock setup set_up_steps
    TMPDIR="$(temporary_folder)"
    export TMPDIR PYTHONNOUSERSITE=1 ODOO_RC="$ROOT/odoo.conf"
    export VIRTUAL_ENV="$VENV" PATH="$LOCAL/bin:$VENV/bin:$PATH"
    unset PYTHONPATH PYTHONHOME
}
