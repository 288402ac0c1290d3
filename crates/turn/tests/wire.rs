//! The bytes themselves: published test vectors, sizes, padding, what is not understood.
#![expect(clippy::unwrap_used, reason = "a failed step ends the test")]

use std::net::SocketAddr;

use moim_testkit::turn::{World, config};
use moim_turn::client::Request;
use moim_turn::{DropReason, ErrorAnswer};
use stun_types::attribute::{AttributeType, ErrorCode, RawAttribute, UnknownAttributes, XorMappedAddress};
use stun_types::message::{
    BINDING, Message, MessageClass, MessageType, MessageWrite as _, MessageWriteExt as _, MessageWriteVec, Method,
    ShortTermCredentials,
};

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// The password of RFC 5769 §2.1 to §2.3.
fn password() -> ShortTermCredentials {
    ShortTermCredentials::new("VOkJxbRl1RmTxUk/WvJxBt".to_owned())
}

#[test]
fn the_request_of_rfc_5769_is_understood() {
    let bytes = hex("000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74
         002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020
         000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf");
    let message = Message::from_bytes(&bytes).unwrap();
    assert!(message.validate_integrity(&password().into()).is_ok());
    // PRIORITY must be understood, and a server that is no ICE agent does not.
    let mut world = World::new(config());
    let client = world.client("ann");
    world.send(client, &bytes);
    let answer = world.received(client).unwrap();
    let answer = Message::from_bytes(&answer).unwrap();
    assert_eq!(answer.attribute::<ErrorCode>().unwrap().code(), 420);
    assert!(answer.attribute::<UnknownAttributes>().unwrap().has_attribute(AttributeType::new(0x0024)));
}

#[test]
fn the_responses_of_rfc_5769_are_understood() {
    let v4 = "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220
         002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
    let v6 = "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220
         002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed41
         80280004c8fb0b4c";
    for (bytes, mapped) in [(v4, "192.0.2.1:32853"), (v6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")] {
        let bytes = hex(bytes);
        let message = Message::from_bytes(&bytes).unwrap();
        assert!(message.validate_integrity(&password().into()).is_ok());
        let address = message.attribute::<XorMappedAddress>().unwrap().addr(message.transaction_id());
        assert_eq!(address, mapped.parse::<SocketAddr>().unwrap());
    }
}

#[test]
fn a_message_with_bytes_left_over_is_dropped() {
    let mut world = World::new(config());
    let client = world.client("ann");
    let mut request = world.request(client, Request::Binding);
    request.push(0);
    world.send(client, &request);
    assert_eq!(world.received(client), None);
    assert_eq!(world.stats().dropped(DropReason::Malformed), 1);
}

#[test]
fn a_binding_indication_is_no_fault_and_gets_no_answer() {
    let mut world = World::new(config());
    let client = world.client("ann");
    let indication = Message::builder_indication(BINDING, MessageWriteVec::new()).finish();
    world.send(client, &indication);
    assert_eq!(world.received(client), None);
    assert_eq!(world.stats().dropped(DropReason::Unexpected), 0);
}

#[test]
fn responses_and_unknown_methods_are_dropped() {
    let mut world = World::new(config());
    let client = world.client("ann");
    for (class, method) in [
        (MessageClass::Success, BINDING),
        (MessageClass::Error, BINDING),
        (MessageClass::Request, Method::new(0x0FF)),
        (MessageClass::Request, turn_types::message::CONNECT),
        (MessageClass::Indication, Method::new(0x0FF)),
    ] {
        let kind = MessageType::from_class_method(class, method);
        let message = Message::builder(kind, 1.into(), MessageWriteVec::new()).finish();
        world.send(client, &message);
    }
    assert_eq!(world.received(client), None);
    assert_eq!(world.stats().dropped(DropReason::Unexpected), 5);
}

#[test]
fn unknown_attributes_are_named_but_the_answer_stays_small() {
    let mut world = World::new(config());
    let client = world.client("ann");
    let mut request = Message::builder_request(BINDING, MessageWriteVec::new());
    for kind in 0x0100..0x0140 {
        request.add_attribute(&RawAttribute::new(AttributeType::new(kind), &[])).unwrap();
    }
    let request = request.finish();
    world.send(client, &request);
    let answer = world.received(client).unwrap();
    assert!(answer.len() <= 56 && answer.len() < request.len(), "{} bytes", answer.len());
    assert_eq!(world.stats().answered(ErrorAnswer::UnknownAttribute), 1);
}

#[test]
fn attributes_that_need_not_be_understood_are_ignored() {
    let mut world = World::new(config());
    let client = world.client("ann");
    let mut request = Message::builder_request(BINDING, MessageWriteVec::new());
    request.add_attribute(&RawAttribute::new(AttributeType::new(0xC0FE), b"hello")).unwrap();
    world.send(client, &request.finish());
    assert_eq!(world.received(client).unwrap().len(), 32);
}

#[test]
fn an_overlong_request_is_dropped() {
    let mut world = World::new(config());
    let client = world.client("ann");
    let mut request = Message::builder_request(BINDING, MessageWriteVec::new());
    request.add_attribute(&RawAttribute::new(AttributeType::new(0xC0FE), &[0; 1480])).unwrap();
    world.send(client, &request.finish());
    assert_eq!(world.received(client), None);
}
