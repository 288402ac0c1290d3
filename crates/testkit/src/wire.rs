//! Datagrams of attackers, made by hand.

/// A DTLS ClientHello that offers nothing but a suite without encryption (RFC 5246 §A.5: TLS_RSA_WITH_NULL_SHA).
#[must_use]
pub fn null_hello(record: u64) -> Vec<u8> {
    let mut body = vec![0xfe, 0xfd];
    body.extend([0x5a; 32]);
    // No session, no cookie, one suite, no compression.
    body.extend([0, 0, 0, 2, 0x00, 0x02, 1, 0]);
    handshake(record, 1, &body)
}

/// A handshake message whole in one record (RFC 6347 §4.1 and §4.2.2).
fn handshake(record: u64, kind: u8, body: &[u8]) -> Vec<u8> {
    let length = &(body.len() as u32).to_be_bytes()[1..];
    let mut message = vec![kind];
    message.extend(length);
    message.extend([0, 0, 0, 0, 0]);
    message.extend(length);
    message.extend(body);
    dtls(22, record, &message)
}

/// A fatal alert in the clear: handshake_failure.
#[must_use]
pub fn alert(record: u64) -> Vec<u8> {
    dtls(21, record, &[2, 40])
}

fn dtls(kind: u8, record: u64, content: &[u8]) -> Vec<u8> {
    let mut datagram = vec![kind, 0xfe, 0xfd, 0, 0];
    datagram.extend(&record.to_be_bytes()[2..]);
    datagram.extend((content.len() as u16).to_be_bytes());
    datagram.extend(content);
    datagram
}

/// A STUN Binding request (RFC 8489 §5) with these attributes.
#[must_use]
pub fn binding(transaction: u64, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut datagram = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0];
    datagram.extend(transaction.to_be_bytes());
    for (kind, value) in attributes {
        datagram.extend(kind.to_be_bytes());
        datagram.extend((value.len() as u16).to_be_bytes());
        datagram.extend(*value);
        datagram.resize(datagram.len().next_multiple_of(4), 0);
    }
    let length = (datagram.len() - 20) as u16;
    datagram[2..4].copy_from_slice(&length.to_be_bytes());
    datagram
}

/// A connectivity check for this user fragment, its integrity made up.
#[must_use]
pub fn check(transaction: u64, fragment: &str) -> Vec<u8> {
    let username = format!("{fragment}:abcd");
    binding(
        transaction,
        &[(0x0006, username.as_bytes()), (0x0024, &[0x6e, 0, 1, 0xff]), (0x0025, &[]), (0x0008, &[7; 20])],
    )
}

/// An RTCP packet: count or format, type, content in whole words (RFC 3550 §6.4).
#[must_use]
pub fn rtcp(count: u8, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80 | count, kind];
    packet.extend(((content.len() / 4) as u16).to_be_bytes());
    packet.extend(content);
    packet
}

/// A picture loss indication (RFC 4585 §6.3.1).
#[must_use]
pub fn pli(ssrc: u32) -> Vec<u8> {
    rtcp(1, 206, &[[0, 0, 0, 1], ssrc.to_be_bytes()].concat())
}

/// A full intra request (RFC 5104 §4.3.1).
#[must_use]
pub fn fir(ssrc: u32, number: u8) -> Vec<u8> {
    rtcp(4, 206, &[[0, 0, 0, 1], [0; 4], ssrc.to_be_bytes(), [number, 0, 0, 0]].concat())
}

/// A negative acknowledgement of all packets from these on, 17 by each word (RFC 4585 §6.2.1).
#[must_use]
pub fn nack(ssrc: u32, firsts: impl Iterator<Item = u16>) -> Vec<u8> {
    let mut content = [[0, 0, 0, 1], ssrc.to_be_bytes()].concat();
    for first in firsts {
        content.extend(first.to_be_bytes());
        content.extend([0xff, 0xff]);
    }
    rtcp(1, 205, &content)
}

/// RTCP that would do harm if anybody believed it: goodbyes, floods of wishes, an estimate of 1 bit/s,
/// feedback about packets that never were.
#[must_use]
pub fn harmful_control(ssrc: u32) -> Vec<Vec<u8>> {
    let remb = [[0, 0, 0, 1], [0; 4], *b"REMB", [1, 0, 0, 1], ssrc.to_be_bytes()].concat();
    let feedback = [[0, 0, 0, 1], ssrc.to_be_bytes(), [0, 1, 0xff, 0xff], [0, 0, 1, 7], [0xd5; 4], [0xff; 4]].concat();
    vec![
        rtcp(1, 203, &ssrc.to_be_bytes()),
        pli(ssrc),
        fir(ssrc, 1),
        rtcp(15, 206, &remb),
        rtcp(15, 205, &feedback),
        nack(ssrc, (0..300).map(|n| n * 17)),
        rtcp(1, 201, &[0xff; 28]),
        rtcp(31, 200, &[0xff; 24]),
    ]
}
