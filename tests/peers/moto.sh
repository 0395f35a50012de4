#!/usr/bin/env bash
# moto as an independent judge: S3, SNS, SQS, EventBridge, CloudWatch Logs and STS on one port.
#
#   moto.sh install      fetch it once; a second call returns at once
#   moto.sh run PORT     serve on 127.0.0.1:PORT in the foreground (0 = any free port);
#                        prints "endpoint: http://..." as soon as it answers
#
# Debian 12 does not package moto, its successor does, and the package holds Python sources only. So
# it is fetched, with the one library that this release lacks, through a private apt folder, whose single
# source is this machine's own Debian source with the suite changed, and unpacked into a cache folder: nothing
# of the newer release is installed and the system's sources stay as they are. The other libraries are this
# release's own packages.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly cache=${CORDON_CACHE:-${HOME:-/root}/.cache/cordon}
readonly tree=$cache/moto
readonly python=/usr/bin/python3
readonly donor_suite=trixie
readonly donated=(python3-moto python3-jsonpath-ng)
readonly libraries=(python3-antlr4 python3-boto3 python3-cryptography python3-flask
  python3-flask-cors python3-jinja2 python3-ply python3-responses python3-xmltodict)

# shellcheck source=tests/peers/apt.sh
source "$here/apt.sh"

# Prints one deb822 stanza: the machine's Debian archive, with the suite of the donor release.
# apt itself is asked, so one-line and deb822 files, mirrors and variables are read the way apt reads them.
# Only the signing key it does not tell; that stands in the file which apt names.
donor_source() {
  local codename line component uri entry key
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:?this is no Debian release}")
  # shellcheck disable=SC2016  # the variables are apt's
  line=$(apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)|$(SOURCESENTRY)' \
    "Created-By: Packages" | grep -m1 "^Debian|$codename|main|") || return 1
  IFS='|' read -r _ _ component uri entry <<<"$line"
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\n' "$uri" "$donor_suite" "$component"
  key=$(grep -m1 -oiE 'signed-by[:=] *[^] ]+' "${entry%:*}" | sed 's/^[^:=]*[:=] *//') || true
  [[ -r $key ]] || key=/usr/share/keyrings/debian-archive-keyring.gpg
  if [[ -r $key ]]; then printf 'Signed-By: %s\n' "$key"; fi
}

unpacked() {
  [[ -e $tree/usr/lib/python3/dist-packages/moto/server.py && -d $tree/usr/lib/python3/dist-packages/jsonpath_ng ]]
}

install_moto() {
  install_packages "${libraries[@]}"
  if unpacked; then return; fi
  mkdir -p "$cache"
  exec 9>"$cache/moto.lock"
  flock 9
  if unpacked; then return; fi
  work=$(mktemp -d "$cache/moto.XXXXXX")   # not local: the trap below outlives this function
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work"/apt/{sources.list.d,lists/partial,cache/archives/partial,preferences.d} "$work/tree"
  if ! donor_source >"$work/apt/sources.list.d/donor.sources"; then
    as_root apt-get update
    donor_source >"$work/apt/sources.list.d/donor.sources" || {
      echo "moto.sh: apt knows no Debian source on this machine, so moto cannot be fetched" >&2
      exit 4
    }
  fi
  local private=(-o "Dir::Etc::sourceparts=$work/apt/sources.list.d" -o Dir::Etc::sourcelist=/dev/null
    -o "Dir::State::lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache"
    -o "Dir::Etc::preferencesparts=$work/apt/preferences.d" -o Dir::Etc::preferences=/dev/null
    -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3)
  apt-get "${private[@]}" update
  (cd "$work" && apt-get "${private[@]}" download "${donated[@]}")
  local package
  for package in "$work"/*.deb; do dpkg -x "$package" "$work/tree"; done
  rm -rf "$tree"
  mv "$work/tree" "$tree"
}

run_moto() {
  unpacked || { echo "moto.sh: not installed; run: $0 install" >&2; exit 4; }
  # -P keeps the current folder off the module path, -u shows the endpoint line at once.
  export PYTHONPATH=$tree/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=
  exec "$python" -P -u "$here/moto_server.py" "$1"
}

case "${1:-}:$#" in
  install:1) install_moto ;;
  run:2) run_moto "$2" ;;
  *) echo "usage: $0 install | run PORT" >&2; exit 2 ;;
esac
