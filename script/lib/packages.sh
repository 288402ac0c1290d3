# shellcheck shell=bash
# Debian packages. Each is named by a proof of its presence: `command=package`, `/a/file=package` or `python:module=package`.

# shellcheck disable=SC2034 # read by the scripts
build_packages=(gcc=build-essential)
# shellcheck disable=SC2034 # read by script/test
test_packages=(
  chromium=chromium firefox-esr=firefox-esr
  turnserver=coturn
  nft=nftables ip=iproute2
  python3=python3 python:ensurepip=python3-venv
  openssl=openssl pebble=pebble shellcheck=shellcheck
  ffmpeg=ffmpeg
  /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc=fonts-noto-cjk
)

present() {
  case $1 in
    /*) [ -e "$1" ] ;;
    python:*) /usr/bin/python3 -c "import ${1#python:}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] ;;
  esac
}

# Prints the packages of the given entries that are not there, each once.
missing_packages() {
  local entry
  for entry in "$@"; do
    present "${entry%%=*}" || printf '%s\n' "${entry#*=}"
  done | sort -u
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

can_install() {
  command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

apt_install() {
  if [ -z "${apt_updated:-}" ]; then
    as_root apt-get update -qq || return 1
    apt_updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Packages without which nothing can be built.
need_packages() {
  local missing
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  can_install || stop "Some packages are missing; type: sudo apt-get install -y $missing"
  say "installing $missing"
  # shellcheck disable=SC2086 # a list of names
  apt_install $missing || stop "apt-get could not install them; type: sudo apt-get install $missing"
}

# Debian starts coturn when it is installed, on the very ports that Moim serves; only its tools are wanted here.
stop_fresh_services() {
  case " $1 " in
    *" coturn "*) if [ -d /run/systemd/system ]; then as_root systemctl disable -q --now coturn || true; fi ;;
  esac
}

# Packages without which some tests are skipped: one that cannot be had does not stop the others.
want_packages() {
  local missing name
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0
  if ! can_install; then
    say "some tests will be skipped; to have them all, type: sudo apt-get install -y $missing"
    return 0
  fi
  say "installing $missing"
  # shellcheck disable=SC2086 # a list of names
  if ! apt_install $missing; then
    for name in $missing; do
      apt_install "$name" || say "no package $name here: the tests that need it will be skipped"
    done
  fi
  stop_fresh_services "$missing"
}
