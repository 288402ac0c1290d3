//! Listeners over loopback.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;

const FREE_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn gate(total: u32, per_address: u32) -> Gate {
    Gate::new(Limits { total, per_address })
}

#[tokio::test]
async fn a_connection_is_accepted_and_echoes() {
    let mut acceptor = Acceptor::new(bind(FREE_PORT).unwrap(), gate(4, 4));
    let mut client = TcpStream::connect(acceptor.local_addr().unwrap()).await.unwrap();
    let mut served = acceptor.next().await.unwrap();
    assert_eq!(served.peer(), client.local_addr().unwrap());
    client.write_all(b"hi").await.unwrap();
    let mut two = [0; 2];
    served.read_exact(&mut two).await.unwrap();
    assert_eq!(&two, b"hi");
}

#[tokio::test]
async fn a_second_listener_on_a_port_is_refused() {
    let first = bind(FREE_PORT).unwrap();
    let error = bind(first.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn beyond_the_total_a_connection_waits_until_one_ends() {
    let gate = gate(1, 8);
    let mut acceptor = Acceptor::new(bind(FREE_PORT).unwrap(), gate.clone());
    let address = acceptor.local_addr().unwrap();
    let _one = TcpStream::connect(address).await.unwrap();
    let first = acceptor.next().await.unwrap();
    let _two = TcpStream::connect(address).await.unwrap();
    assert!(timeout(Duration::from_millis(50), acceptor.next()).await.is_err());
    assert_eq!(gate.stats().open, 1);
    drop(first);
    let second = timeout(Duration::from_secs(5), acceptor.next()).await;
    assert!(second.unwrap().is_some());
    assert_eq!(gate.stats().accepted, 2);
}

#[tokio::test]
async fn an_address_gets_no_more_than_its_share() {
    let gate = gate(8, 2);
    let home: IpAddr = "192.0.2.7".parse().unwrap();
    let mut inside = Vec::new();
    for _ in 0..2 {
        inside.push(gate.admit(gate.seat().await.unwrap(), home).unwrap());
    }
    assert!(gate.admit(gate.seat().await.unwrap(), home).is_none());
    let neighbour = "192.0.2.8".parse().unwrap();
    assert!(gate.admit(gate.seat().await.unwrap(), neighbour).is_some());
    inside.pop();
    assert!(gate.admit(gate.seat().await.unwrap(), home).is_some());
    assert_eq!(gate.stats().too_many_from_address, 1);
}

#[tokio::test]
async fn an_ipv6_network_counts_as_one_address_and_loopback_does_not_count() {
    let gate = gate(8, 1);
    let _first = gate.admit(gate.seat().await.unwrap(), "2001:db8::1".parse().unwrap());
    let second = gate.admit(gate.seat().await.unwrap(), "2001:db8::2".parse().unwrap());
    assert!(second.is_none());
    for _ in 0..3 {
        let local = IpAddr::from(Ipv6Addr::LOCALHOST);
        let permit = gate.admit(gate.seat().await.unwrap(), local);
        assert!(permit.is_some());
    }
}

#[tokio::test]
async fn a_gate_tells_when_everybody_has_left() {
    let gate = gate(3, 3);
    let permit = gate.admit(gate.seat().await.unwrap(), IpAddr::from(Ipv4Addr::LOCALHOST));
    assert!(timeout(Duration::from_millis(20), gate.wait_until_empty()).await.is_err());
    drop(permit);
    timeout(Duration::from_secs(5), gate.wait_until_empty()).await.unwrap();
}
