#!/usr/bin/env bash
# A small internet in network namespaces: a server, and two homes behind a router with NAT each.
#
#   left  10.1.1.2 ── left-router  203.0.113.21, .22 ──┐
#                                                    core ── server 203.0.113.10
#   right 10.2.1.2 ── right-router 203.0.113.31, .32 ──┘
#
# net.sh NAME up [KIND [KIND]]       makes it; KIND is the NAT of the left and of the right router
# net.sh NAME filter SIDE RULE       what the router of that side lets out: all, no-udp, https-only
# net.sh NAME move SIDE              the client's network changes: new address, new gateway, new public address
# net.sh NAME in HOST COMMAND…       runs a command on a host: left, right, server, core, left-router, right-router
# net.sh NAME down                   ends every process in it and removes it; does no harm when there is nothing
#
# Kinds of NAT, in the words of RFC 4787:
#   cone        endpoint-independent mapping and filtering
#   restricted  endpoint-independent mapping, address and port-dependent filtering
#   symmetric   address and port-dependent mapping and filtering
# Everything is named NAME-…; nothing outside these namespaces is touched.
set -Eeuo pipefail

name=${1:?the name of the lab}
verb=${2:?up, filter, move, in or down}
shift 2

hosts=(core server left left-router right right-router)

on() { ip netns exec "$name-$1" "${@:2}"; }

fail() {
  echo "net.sh: $*" >&2
  exit 2
}

# The second byte of a home's addresses, and the first of its router's two public ones.
home_of() {
  case $1 in
    left) net=1 public=21 ;;
    right) net=2 public=31 ;;
    *) fail "a side is left or right, not '$1'" ;;
  esac
}

make_host() {
  ip netns add "$name-$1"
  on "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  on "$1" ip link set lo up
}

# plug HOST DEVICE: a cable from the host to the switch in the middle.
plug() {
  ip link add "$2" netns "$name-$1" type veth peer name "to-$1" netns "$name-core"
  on "$1" ip link set "$2" up
  on core ip link set "to-$1" master switch up
}

make_core() {
  make_host core
  on core ip link add switch type bridge
  # The gateway that swallows what is sent to addresses nobody has, as the real internet does: no error comes back.
  on core ip addr add 203.0.113.1/24 dev switch
  on core ip link set switch up
  on core nft -f - <<'N'
table ip void {
  chain in { type filter hook input priority 0; policy accept; ip daddr != 203.0.113.1 drop; }
}
N
}

make_server() {
  make_host server
  plug server eth0
  on server ip addr add 203.0.113.10/24 dev eth0
  on server ip route add default via 203.0.113.1
}

make_home() { # SIDE KIND
  local side=$1 router=$1-router net public
  home_of "$side"
  make_host "$router"
  make_host "$side"
  plug "$router" wan
  ip link add lan netns "$name-$router" type veth peer name eth0 netns "$name-$side"
  on "$router" ip addr add "203.0.113.$public/24" dev wan
  on "$router" ip addr add "203.0.113.$((public + 1))/24" dev wan
  on "$router" ip addr add "10.$net.1.1/24" dev lan
  on "$router" ip addr add "10.$net.2.1/24" dev lan
  on "$router" ip link set lan up
  on "$router" ip route add default via 203.0.113.1
  on "$router" sysctl -qw net.ipv4.ip_forward=1
  on "$side" ip addr add "10.$net.1.2/24" dev eth0
  on "$side" ip link set eth0 up
  on "$side" ip route add default via "10.$net.1.1"
  translate "$side" "$2"
  filter "$side" all
}

translate() { # SIDE KIND
  local side=$1 kind=$2 net public random='' inbound=''
  home_of "$side"
  case $kind in
    cone)
      inbound="iifname wan ip daddr 203.0.113.$public udp dport 1024-65535 dnat to 10.$net.1.2
        iifname wan ip daddr 203.0.113.$((public + 1)) udp dport 1024-65535 dnat to 10.$net.2.2" ;;
    restricted) ;;
    symmetric) random=fully-random ;;
    *) fail "a NAT is cone, restricted or symmetric, not '$kind'" ;;
  esac
  # An unasked-for packet to the router itself is dropped before it is tracked: otherwise its entry would hold the
  # port that the client behind is about to use, and a restricted NAT would turn symmetric under a simultaneous open.
  on "$side-router" nft -f - <<N
table ip translate {
  chain in { type nat hook prerouting priority dstnat;
    $inbound
  }
  chain out { type nat hook postrouting priority srcnat;
    oifname wan ip saddr 10.$net.1.0/24 snat to 203.0.113.$public $random
    oifname wan ip saddr 10.$net.2.0/24 snat to 203.0.113.$((public + 1)) $random
  }
  chain self { type filter hook input priority 0;
    iifname wan ct state new drop
  }
  chain pass { type filter hook forward priority 0;
    iifname wan ct state new ct status dnat accept
    iifname wan ct state new drop
  }
}
N
}

filter() { # SIDE RULE
  local rule
  case $2 in
    all) rule='' ;;
    no-udp) rule='iifname lan meta l4proto udp drop' ;;
    https-only) rule='iifname lan tcp dport != 443 drop; iifname lan meta l4proto != tcp drop' ;;
    *) fail "a filter is all, no-udp or https-only, not '$2'" ;;
  esac
  on "$1-router" nft -f - <<N
table ip walls
delete table ip walls
table ip walls {
  chain pass { type filter hook forward priority -10; policy accept; $rule ; }
}
N
}

move() { # SIDE
  local net public
  home_of "$1"
  on "$1" ip addr flush dev eth0
  on "$1" ip addr add "10.$net.2.2/24" dev eth0
  on "$1" ip route replace default via "10.$net.2.1"
}

down() {
  local host
  for host in "${hosts[@]}"; do
    [ -e "/run/netns/$name-$host" ] || continue
    ip netns pids "$name-$host" | xargs -r kill -9 2>/dev/null || true
    ip netns del "$name-$host" || true
  done
}

# Labs are called moim-lab-PID…; one whose maker is gone was left by a run that could not clean up.
sweep() {
  local left pid
  ip netns list | sed -n 's/^\(moim-lab-\([0-9]*\)[^ ]*\)-core\b.*/\1 \2/p' | while read -r left pid; do
    [ -e "/proc/$pid" ] || "$0" "$left" down
  done
}

case $verb in
  up)
    sweep
    trap down ERR
    make_core
    make_server
    make_home left "${1:-restricted}"
    make_home right "${2:-restricted}"
    ;;
  filter) filter "$1" "$2" ;;
  move) move "$1" ;;
  in) on "$@" ;;
  down) down ;;
  *) fail "no such verb: $verb" ;;
esac
