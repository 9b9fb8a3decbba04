//! Each rule, by its section of RFC 6455.

use super::*;
use crate::frame::{Close, CloseCode, Opcode, encode};

#[track_caller]
fn refused(bytes: &[u8], error: FrameError) {
    assert_eq!(decoded_at_once(bytes), (vec![], Some(error)), "{bytes:x?}");
    // Also where it comes byte by byte.
    assert_eq!(decoded(&mut decoder(), bytes.chunks(1), true), (vec![], Some(error)), "{bytes:x?}");
}

#[track_caller]
fn taken(bytes: &[u8], events: &[Event<'static>]) {
    assert_eq!(decoded_at_once(bytes), (events.to_vec(), None), "{bytes:x?}");
    assert_eq!(decoded(&mut decoder(), bytes.chunks(1), true), (events.to_vec(), None), "{bytes:x?}");
}

/// Section 5.7, those of a server.
#[test]
fn the_standards_own_examples() {
    taken(b"\x81\x05\x48\x65\x6c\x6c\x6f", &[text("Hello")]);
    taken(b"\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f", &[text("Hello")]);
    taken(b"\x89\x05\x48\x65\x6c\x6c\x6f", &[Event::Ping(b"Hello".into())]);
    let long = [&b"\x82\x7e\x01\x00"[..], &[7; 256]].concat();
    taken(&long, &[binary(&[7; 256])]);
    let longer = [&b"\x82\x7f\0\0\0\0\0\x01\0\0"[..], &[7; 65_536]].concat();
    let limits = Limits { frame: 65_536, message: 65_536 };
    let mut decoder = Decoder::new(limits, InFlight::new(usize::MAX));
    assert_eq!(decoded(&mut decoder, [&longer[..]], true), (vec![binary(&[7; 65_536])], None));
}

/// Section 5.7, those of a client.
#[test]
fn what_is_sent_is_masked() {
    let encoded = |opcode, payload: &[u8], mask| {
        let mut frames = Vec::new();
        encode(&mut frames, opcode, payload, mask);
        frames
    };
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    assert_eq!(encoded(Opcode::Text, b"Hello", mask), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    assert_eq!(encoded(Opcode::Pong, b"Hello", mask), b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    assert_eq!(encoded(Opcode::Close, &CloseCode::Size.payload(), [0; 4]), b"\x88\x82\0\0\0\0\x03\xf1");
    assert_eq!(encoded(Opcode::Binary, b"", mask), b"\x82\x80\x37\xfa\x21\x3d");
    // Section 5.2: the shortest form of the length.
    for (length, header) in [
        (125, &b"\x82\xfd"[..]),
        (126, b"\x82\xfe\0\x7e"),
        (65_535, b"\x82\xfe\xff\xff"),
        (65_536, b"\x82\xff\0\0\0\0\0\x01\0\0"),
    ] {
        let frame = encoded(Opcode::Binary, &vec![0; length], mask);
        assert_eq!(&frame[..header.len()], header);
        assert_eq!(frame.len(), header.len() + 4 + length);
    }
}

#[test]
fn section_5_1_a_server_masks_nothing() {
    refused(b"\x81\x82mask\x05\x08", FrameError::Masked);
}

#[test]
fn section_5_2_reserved_bits_are_0() {
    for bit in [0x40, 0x20, 0x10] {
        refused(&frame(FIN | bit | TEXT, b"hi"), FrameError::ReservedBits);
    }
}

#[test]
fn section_5_2_reserved_opcodes_are_not_known() {
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        refused(&frame(FIN | opcode, b""), FrameError::UnknownOpcode(opcode));
    }
}

#[test]
fn section_5_2_a_length_may_be_in_a_longer_form() {
    taken(b"\x82\x7e\0\x02hi", &[binary(b"hi")]);
    taken(b"\x82\x7f\0\0\0\0\0\0\0\x02hi", &[binary(b"hi")]);
    // The most significant bit is 0; what has it set is far more than is taken.
    refused(b"\x82\x7f\x80\0\0\0\0\0\0\x02", FrameError::TooBig { size: 1 << 63 | 2, most: 300 });
}

#[test]
fn section_5_4_fragments_make_a_message_and_control_frames_may_come_between_them() {
    let bytes = [
        frame(TEXT, b"caf\xc3"),
        frame(FIN | PING, b"there?"),
        frame(CONTINUATION, b""),
        frame(FIN | PONG, b""),
        frame(FIN | CONTINUATION, b"\xa9"),
        frame(FIN | BINARY, b""),
    ];
    taken(&bytes.concat(), &[Event::Ping(b"there?".into()), Event::Pong(b"".into()), text("café"), binary(b"")]);
}

#[test]
fn section_5_4_messages_are_not_mixed() {
    refused(&frame(FIN | CONTINUATION, b"hi"), FrameError::NothingToContinue);
    refused(&frame(CONTINUATION, b"hi"), FrameError::NothingToContinue);
    let begun = frame(BINARY, b"hi");
    refused(&[&begun[..], &frame(FIN | TEXT, b"hi")].concat(), FrameError::NotContinued("TEXT"));
    refused(&[&begun[..], &frame(BINARY, b"hi")].concat(), FrameError::NotContinued("BINARY"));
    let (events, error) =
        decoded_at_once(&[frame(BINARY, b""), frame(FIN | CONTINUATION, b""), frame(FIN | CONTINUATION, b"")].concat());
    assert_eq!((events, error), (vec![binary(b"")], Some(FrameError::NothingToContinue)));
}

#[test]
fn section_5_5_control_frames_are_short_and_whole() {
    for opcode in [CLOSE, PING, PONG] {
        refused(&frame(opcode, b""), FrameError::FragmentedControl);
        refused(&header(FIN | opcode, 126), FrameError::ControlTooBig);
    }
    taken(&frame(FIN | PING, &[7; 125]), &[Event::Ping(vec![7; 125].into())]);
}

#[test]
fn section_5_5_1_a_close_frame_is_empty_or_has_a_code_and_a_reason() {
    let close = |code, reason: &str| Event::Close(Some(Close { code, reason: reason.to_owned() }));
    taken(&frame(FIN | CLOSE, b""), &[Event::Close(None)]);
    taken(&frame(FIN | CLOSE, b"\x03\xe8"), &[close(1000, "")]);
    taken(&frame(FIN | CLOSE, "\u{3}\u{0}à bientôt".as_bytes()), &[close(768, "à bientôt")]);
    // Whatever it says; what that means is decided where it is told.
    taken(&frame(FIN | CLOSE, b"\xff\xffbye"[..2].as_ref()), &[close(65_535, "")]);
    refused(&frame(FIN | CLOSE, b"\x03"), FrameError::ShortClose);
    refused(&frame(FIN | CLOSE, b"\x03\xe8caf\xe9"), FrameError::InvalidText);
    refused(&frame(FIN | CLOSE, b"\x03\xe8caf\xc3"), FrameError::InvalidText);
}

#[test]
fn section_7_4_codes_that_may_be_sent() {
    for code in [1000, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
        assert!(CloseCode::may_be_sent(code), "{code}");
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        assert!(!CloseCode::may_be_sent(code), "{code}");
    }
}

#[test]
fn section_8_1_text_is_utf_8_over_fragments_and_told_at_once() {
    refused(&frame(FIN | TEXT, b"caf\xe9"), FrameError::InvalidText);
    refused(&frame(FIN | TEXT, b"caf\xc3"), FrameError::InvalidText);
    refused(&[frame(TEXT, b"caf\xc3"), frame(FIN | CONTINUATION, b"e")].concat(), FrameError::InvalidText);
    refused(&[frame(TEXT, b"caf\xc3"), frame(FIN | CONTINUATION, b"")].concat(), FrameError::InvalidText);
    // The rest of the frame is not waited for.
    refused(&[&header(FIN | TEXT, 100)[..], b"caf\xe9."].concat(), FrameError::InvalidText);
    taken(&frame(FIN | BINARY, b"caf\xe9"), &[binary(b"caf\xe9")]);
}

#[test]
fn limits_hold_at_the_header() {
    taken(&frame(FIN | BINARY, &[7; 300]), &[binary(&[7; 300])]);
    refused(&header(FIN | BINARY, 301), FrameError::TooBig { size: 301, most: 300 });
    let fragments = [frame(BINARY, &[7; 300]), frame(CONTINUATION, &[7; 300]), frame(CONTINUATION, &[7; 300])].concat();
    let last = |length| [&fragments[..], &header(FIN | CONTINUATION, length)].concat();
    refused(&last(101), FrameError::TooBig { size: 1_001, most: 1_000 });
    taken(&[&last(100)[..], &[7; 100]].concat(), &[binary(&[7; 1_000])]);
    refused(&header(TEXT, usize::MAX), FrameError::TooBig { size: usize::MAX, most: 300 });
    refused(
        &[frame(BINARY, b"7"), header(CONTINUATION, usize::MAX)].concat(),
        FrameError::TooBig { size: usize::MAX, most: 300 },
    );
}

#[test]
fn what_nobody_wants_is_checked_and_not_kept() {
    let (in_flight, mut decoder) = in_flight(0);
    let bytes = [frame(TEXT, b"caf\xc3"), frame(FIN | CONTINUATION, b"\xa9"), frame(FIN | TEXT, b"whole")].concat();
    assert_eq!(decoded(&mut decoder, [&bytes[..]], false), (vec![Event::Skipped(5), text("whole")], None));
    let invalid = [frame(TEXT, b"caf\xc3"), frame(FIN | CONTINUATION, b"e")].concat();
    assert_eq!(decoded(&mut decoder, [&invalid[..]], false), (vec![], Some(FrameError::InvalidText)));
    assert_eq!(in_flight.used(), 0);
}

#[test]
fn what_is_in_flight_over_all_connections_is_bounded() {
    let in_flight = InFlight::new(500);
    let connection = || Decoder::new(LIMITS, Arc::clone(&in_flight));
    let (mut first, mut second, mut third) = (connection(), connection(), connection());
    let begun = [&header(FIN | BINARY, 300)[..], &[7; 200]].concat();
    assert_eq!(decoded(&mut first, [&begun[..]], true), (vec![], None));
    assert_eq!(decoded(&mut second, [&begun[..]], true), (vec![], None));
    assert_eq!(in_flight.used(), 400);
    assert_eq!(decoded(&mut third, [&begun[..]], true), (vec![], Some(FrameError::InFlight { most: 500 })));
    // Who wants nothing of it is not held up by that, nor is what comes whole.
    assert_eq!(decoded(&mut connection(), [&begun[..]], false), (vec![], None));
    assert_eq!(decoded(&mut connection(), [&frame(FIN | BINARY, &[7; 200])[..]], true).1, None);
    // Its end gives a message's room back, as does the connection's.
    assert_eq!(decoded(&mut first, [&[7; 100][..]], true).1, None);
    assert_eq!(in_flight.used(), 200);
    drop(second);
    assert_eq!(in_flight.used(), 0);
}
