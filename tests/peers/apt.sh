# shellcheck shell=bash
# Sourced by the peers: installs Debian packages by name, without starting what they contain.

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# Package scripts ask policy-rc.d before they start a service. A machine that has its own keeps it.
readonly policy=/usr/sbin/policy-rc.d

install_packages() {
  local missing=() name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
  done
  if [[ ${#missing[@]} -eq 0 ]]; then return; fi
  local ours=no
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    ours=yes
  fi
  local status=0
  apt_install "${missing[@]}" || status=$?
  if [[ $ours == yes ]]; then as_root rm -f "$policy"; fi
  return "$status"
}

apt_install() {
  local command=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=600
    -o Acquire::Retries=3 install --no-install-recommends)
  as_root "${command[@]}" "$@" && return
  as_root apt-get -q update   # stale or missing lists: once more with fresh ones
  as_root "${command[@]}" "$@"
}
