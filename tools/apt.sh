# Sourced by the scripts here: installs Debian packages that are missing, and only those.

_apt() {  # apt-get, as root or through sudo, without questions
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  if [ "$(id -u)" -eq 0 ]; then
    "${apt[@]}" "$@" </dev/null
  elif command -v sudo >/dev/null; then
    sudo "${apt[@]}" "$@" </dev/null
  else
    echo "apt-get $1 needs root: run this as root, or install sudo" >&2
    return 1
  fi
}

# apt_update: fetches the package lists.
apt_update() { _apt update; }

# apt_install_missing PACKAGE...: asks nothing, prints one line.
apt_install_missing() {
  local package missing=() log
  for package in "$@"; do
    if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
      missing+=("$package")
    fi
  done
  if [ "${#missing[@]}" -eq 0 ]; then
    echo "packages: all $# installed"
    return 0
  fi
  log=$(mktemp)
  # A failed install may only mean old package lists: they are fetched, and it is tried once more.
  if ! _apt install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 &&
    ! { apt_update && _apt install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "packages missing: ${missing[*]}: apt-get could not install them (its output is above)" >&2
    return 1
  fi
  rm -f "$log"
  echo "packages: installed ${missing[*]}"
}
