//! Frames that a client sends.

use super::Opcode;

/// The longest header of a frame that a client sends, in bytes (RFC 6455 section 5.2).
pub(crate) const LONGEST_HEADER: usize = 14;

/// Appends a frame, whole and masked. The mask must be one that nobody can foretell (section 5.3).
pub(crate) fn encode(frames: &mut Vec<u8>, opcode: Opcode, payload: &[u8], mask: [u8; 4]) {
    frames.reserve_exact(LONGEST_HEADER + payload.len());
    frames.push(0x80 | opcode as u8);
    let length = payload.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..=125), _) => frames.push(0x80 | length),
        (_, Ok(length)) => {
            frames.push(0x80 | 126);
            frames.extend(length.to_be_bytes());
        }
        _ => {
            frames.push(0x80 | 127);
            frames.extend((length as u64).to_be_bytes());
        }
    }
    frames.extend(mask);
    let begin = frames.len();
    frames.extend_from_slice(payload);
    apply(mask, &mut frames[begin..]);
}

/// Masks bytes, or unmasks them (section 5.3).
fn apply(mask: [u8; 4], bytes: &mut [u8]) {
    let mut words = bytes.chunks_exact_mut(4);
    for word in &mut words {
        word.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    }
    words.into_remainder().iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
}
