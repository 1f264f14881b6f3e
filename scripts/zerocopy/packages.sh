# Debian packages from the machine's own mirror into the cache, with a private apt state: nothing is installed, and what the
# machine has configured or downloaded is not touched. Sourced, after cache.sh.

# unpacked NAME FUNCTION: $cache/NAME/root with what FUNCTION downloads; only the first time, unless a refresh is asked for.
unpacked() {
    local folder="$cache/$1"
    [[ -e $folder/complete && -z ${ZEROCOPY_REFRESH:-} ]] && return
    local started=$SECONDS
    say "fetching $1 into $folder"
    # Nobody sees a folder half done: it is filled under another name, which a killed run leaves to the next.
    local partial="$folder.partial"
    rm -rf "$partial"
    mkdir -p "$partial"/{lists,archives}/partial "$partial/root"
    "$2" "$partial" >"$partial/log" 2>&1 || {
        grep -E '^[EW]:' "$partial/log" | tail -n 3 >&2 || true
        skip "the packages for $1 cannot be had from Debian's archive"
    }
    local package
    for package in "$partial"/archives/*.deb; do dpkg -x "$package" "$partial/root"; done
    basename -a "$partial"/archives/*.deb >"$partial/complete"
    rm -rf "$partial"/{archives,lists}
    rm -rf "$folder"
    mv "$partial" "$folder"
    say "fetched $1 in $((SECONDS - started)) s"
}

# sources FOLDER SUITE...: the folder's list of sources. Each suite comes from where the machine gets its own: those of this
# release that it does not list are left out, backports are beside the release.
sources() {
    local folder=$1 own release uri
    shift
    own=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Identifier: Packages' 'Component: main')
    for release in "$@"; do
        uri=$(awk -v release="$release" '$2 == release { print $1; exit }' <<<"$own")
        [[ -n $uri || $release != *-backports ]] ||
            uri=$(awk -v release="$codename" '$2 == release { print $1; exit }' <<<"$own")
        [[ -z $uri ]] || echo "deb [signed-by=$keyring] $uri $release main"
    done >"$folder/sources.list"
    [[ -s $folder/sources.list ]]
}

# private_apt FOLDER COMMAND...: apt-get or apt-cache on that list alone. The machine's dpkg state is read: what it has
# installed need not be fetched.
private_apt() {
    local folder=$1 command=$2
    shift 2
    "$command" -q -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder" -o Debug::NoLocking=1 \
        -o APT::Sandbox::User="$(id -un)" -o APT::Update::Post-Invoke-Success::= -o APT::Update::Error-Mode=any \
        -o Acquire::Retries=2 "$@"
}

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ $(uname -m) == x86_64 ]] || skip "the guest is x86-64, this machine is $(uname -m)"
for tool in apt-get dpkg; do
    command -v "$tool" >/dev/null || skip "the guest is made of Debian packages and this machine has no $tool"
done
[[ -r $keyring ]] || skip "$keyring is not there; install debian-archive-keyring"
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
