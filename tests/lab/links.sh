#!/usr/bin/env bash
# A server, and clients that reach it over links of `moim-bench impair`, in network namespaces.
#
#   anna ── wifi (10.77.1.2) ──┐
#        ── lte  (10.77.2.2) ──┼── server 203.0.113.10
#   ben  ── wifi (10.77.3.2) ──┘
#
# links.sh NAME up                             makes the server's namespace, NAME-server
# links.sh NAME host HOST                      makes NAME-HOST for a client
# links.sh NAME plug HOST LINK NUMBER NEAR FAR puts both devices of an impair, which runs at the server, where they belong
# links.sh NAME use HOST LINK                  the client is on this link and on no other; `none`: on none
# links.sh NAME filter HOST RULE               what the client's network lets out: all, no-udp, https-only
# links.sh NAME rate HOST LINK KBPS            what the server sends over the link is limited by tbf; 0: no longer
# links.sh NAME down                           ends every process in it and removes it; does no harm when there is nothing
# Everything is named NAME-…; nothing outside these namespaces is touched.
set -Eeuo pipefail

name=${1:?the name of the lab}
verb=${2:?up, host, plug, use, filter, rate or down}
shift 2

server=203.0.113.10

on() { ip netns exec "$name-$1" "${@:2}"; }

fail() {
  echo "links.sh: $*" >&2
  exit 2
}

make_host() {
  ip netns add "$name-$1"
  on "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  on "$1" ip link set lo up
}

# plug HOST LINK NUMBER NEAR FAR
plug() {
  ip -n "$name-server" link set "$4" netns "$name-$1"
  on "$1" ip link set "$4" name "$2"
  # The queue of a device is what the program has not taken yet: a burst must not be lost there.
  on "$1" ip link set "$2" txqueuelen 4000
  on server ip link set "$5" name "$1-$2" txqueuelen 4000
  on "$1" ip addr add "10.77.$3.2" peer "10.77.$3.1/32" dev "$2"
  on server ip addr add "10.77.$3.1" peer "10.77.$3.2/32" dev "$1-$2"
  on server ip link set "$1-$2" up
}

# A network that is left is gone with its addresses, as a computer sees it.
use() { # HOST LINK
  local other
  for other in $(on "$1" ip -o link show type tun | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p'); do
    if [ "$other" != "$2" ]; then on "$1" ip link set "$other" down; fi
  done
  [ "$2" != none ] || return 0
  on "$1" ip link set "$2" up
  on "$1" ip route replace default dev "$2"
}

filter() { # HOST RULE
  local rule
  case $2 in
    all) rule='' ;;
    no-udp) rule='meta l4proto udp drop' ;;
    https-only) rule='tcp dport != 443 drop; meta l4proto != tcp drop' ;;
    *) fail "a filter is all, no-udp or https-only, not '$2'" ;;
  esac
  on "$1" nft -f - <<N
table ip walls
delete table ip walls
table ip walls {
  chain out { type filter hook output priority 0; policy accept; oifname "lo" accept; $rule ; }
}
N
}

rate() { # HOST LINK KBPS
  on server tc qdisc del dev "$1-$2" root 2>/dev/null || true
  [ "$3" = 0 ] || on server tc qdisc add dev "$1-$2" root tbf rate "$3kbit" burst 6kb latency 300ms
}

down() {
  local host
  for host in $(ip netns list | cut -d ' ' -f 1 | grep "^$name-"); do
    ip netns pids "$host" | xargs -r kill -9 2>/dev/null || true
    ip netns del "$host" || true
  done
}

# Labs are called moim-links-PID…; one whose maker is gone was left by a run that could not clean up.
sweep() {
  local left pid
  ip netns list | sed -n 's/^\(moim-links-\([0-9]*\)-[0-9]*\)-.*/\1 \2/p' | sort -u | while read -r left pid; do
    [ -e "/proc/$pid" ] || "$0" "$left" down
  done
}

case $verb in
  up)
    sweep
    make_host server
    on server ip addr add "$server/32" dev lo
    ;;
  host) make_host "$1" ;;
  plug) plug "$@" ;;
  use) use "$1" "$2" ;;
  filter) filter "$1" "$2" ;;
  rate) rate "$1" "$2" "$3" ;;
  down) down ;;
  *) fail "no such verb: $verb" ;;
esac
