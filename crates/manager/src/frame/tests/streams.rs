//! What holds for all byte streams.

use proptest::prelude::*;

use super::*;
use crate::frame::{Opcode, encode};

/// Frames, most of them in order.
pub(super) fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let first = prop_oneof![
        20 => prop::sample::select(vec![FIN | TEXT, FIN | BINARY, TEXT, BINARY, CONTINUATION, FIN | CONTINUATION]),
        6 => prop::sample::select(vec![FIN | PING, FIN | PONG]),
        1 => Just(FIN | CLOSE),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        6 => "[a-zé€😀]{0,40}".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..8),
        1 => (120_usize..320).prop_map(|length| vec![b'x'; length]),
    ];
    let any_frame = (first, payload).prop_map(|(first, payload)| frame(first, &payload));
    prop::collection::vec(any_frame, 0..12)
}

/// Frames of messages that are in order, cut anywhere, also within a character.
pub(super) fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let fragments = |(text, cuts): (String, Vec<prop::sample::Index>)| {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.sort_unstable();
        cuts.push(text.len());
        let (mut begin, last) = (0, cuts.len() - 1);
        let frames = cuts.into_iter().enumerate().map(|(n, end)| {
            let first = if n == 0 { TEXT } else { CONTINUATION } | if n == last { FIN } else { 0 };
            let frame = frame(first, &text.as_bytes()[begin..end]);
            begin = end;
            frame
        });
        frames.collect::<Vec<_>>()
    };
    let message = ("[a-zé€😀]{0,60}", prop::collection::vec(any::<prop::sample::Index>(), 0..5)).prop_map(fragments);
    prop::collection::vec(message, 0..5).prop_map(|messages| messages.concat())
}

/// Bytes of frames, possibly cut short, damaged, or of something else altogether.
pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop_oneof![frames(), messages()].prop_map(|frames| frames.concat());
    let cut = (whole, any::<prop::sample::Index>(), prop::option::weighted(0.2, any::<(prop::sample::Index, u8)>()));
    let cut = cut.prop_map(|(mut bytes, end, damage)| {
        if let Some((at, byte)) = damage.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len() + 1).max(bytes.len() / 2));
        bytes
    });
    prop_oneof![9 => cut, 1 => prop::collection::vec(any::<u8>(), 0..40)]
}

/// Bytes cut at these places.
fn pieces(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    let mut begin = 0;
    cuts.into_iter().map(|end| bytes[std::mem::replace(&mut begin, end)..end].to_vec()).collect()
}

/// What messages come to, kept or not.
fn lengths(events: Vec<Event<'static>>) -> Vec<Event<'static>> {
    let skipped = |event| match event {
        Event::Text(text) => Event::Skipped(text.len()),
        Event::Binary(bytes) => Event::Skipped(bytes.len()),
        other => other,
    };
    events.into_iter().map(skipped).collect()
}

proptest! {
    #[test]
    fn the_cuts_of_a_stream_change_nothing(
        bytes in bytes(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let whole = decoded_at_once(&bytes);
        let pieces = pieces(&bytes, &cuts);
        let pieces = pieces.iter().map(Vec::as_slice);
        prop_assert_eq!(&decoded(&mut decoder(), pieces.clone(), true), &whole);
        prop_assert_eq!(&decoded(&mut decoder(), bytes.chunks(1), true), &whole);
        // Nor does it whether anybody wants the messages.
        let (events, error) = decoded(&mut decoder(), pieces, false);
        prop_assert_eq!((lengths(events), error), (lengths(whole.0), whole.1));
    }

    /// What is kept is never more than what has come, doubled, and nothing once all messages are complete.
    #[test]
    fn memory_goes_with_what_has_come(bytes in bytes(), size in 1_usize..50) {
        let (in_flight, mut decoder) = in_flight(usize::MAX);
        let mut came = 0;
        let mut error = None;
        for piece in bytes.chunks(size) {
            came += piece.len();
            error = decoded(&mut decoder, [piece], true).1;
            prop_assert!(in_flight.used() <= 2 * came);
            prop_assert!(in_flight.used() <= LIMITS.message);
            if error.is_some() {
                break;
            }
        }
        if error.is_none() && decoder.message.is_none() {
            prop_assert_eq!(in_flight.used(), 0);
        }
        drop(decoder);
        prop_assert_eq!(in_flight.used(), 0);
    }

    /// Section 5.3: masking twice with the same mask changes nothing.
    #[test]
    fn what_is_sent_can_be_read(payload in prop::collection::vec(any::<u8>(), 0..200), mask in any::<[u8; 4]>()) {
        let mut sent = Vec::new();
        encode(&mut sent, Opcode::Binary, &payload, mask);
        let begin = sent.len() - payload.len();
        prop_assert_eq!(&sent[begin - 4..begin], mask);
        let unmasked: Vec<_> = sent[begin..].iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        prop_assert_eq!(unmasked, payload);
    }
}
