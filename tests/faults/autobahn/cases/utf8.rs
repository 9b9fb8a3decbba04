//! Section 6: text is UTF-8, and what is not is told at once. The sequences of 6.5 to 6.23 are those of Markus Kuhn's
//! "UTF-8 decoder capability and stress test", on which the suite draws.

use wsmon_manager::Message;

use crate::{
    autobahn::case::{Case, Write},
    wire::{CONTINUATION, FIN, TEXT, frame, header},
};

/// What comes before and behind what is wrong.
const KOSME: &[u8] = "κόσμε".as_bytes();
const EDITED: &[u8] = b"edited";

/// U+D800, which UTF-8 does not encode, and a code point beyond the last.
const SURROGATE: &[u8] = b"\xed\xa0\x80";
const BEYOND: &[u8] = b"\xf4\x90\x80\x80";

pub fn cases() -> Vec<Case> {
    let mut cases = fragments();
    cases.extend(invalid());
    for (section, sequences) in sequences() {
        let case = |(n, sequence): (usize, Vec<u8>)| judged(format!("6.{section}.{}", n + 1), &sequence);
        cases.extend(sequences.into_iter().enumerate().map(case));
    }
    cases
}

/// A text in one frame, which is right or wrong as Rust's own decoder says.
fn judged(id: String, sequence: &[u8]) -> Case {
    let case = Case::new(id, [frame(FIN | TEXT, sequence)]);
    match str::from_utf8(sequence) {
        Ok(text) => case.brings([Message::text(text)]),
        Err(_) => case.fails(1007),
    }
}

/// A message whose fragments hold these.
fn in_fragments<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    let payloads: Vec<_> = payloads.into_iter().collect();
    let last = payloads.len() - 1;
    let fragment = |(n, payload): (usize, &&[u8])| {
        let opcode = if n == 0 { TEXT } else { CONTINUATION };
        frame(opcode | if n == last { FIN } else { 0 }, payload)
    };
    payloads.iter().enumerate().map(fragment).collect()
}

fn fragments() -> Vec<Case> {
    let valid = "Hello-µ@ßöäüàá-UTF-8!!";
    let (left, right) = valid.as_bytes().split_at("Hello-µ@ßöä".len());
    vec![
        Case::new("6.1.1", [frame(FIN | TEXT, b"")]).brings([Message::text("")]),
        Case::new("6.1.2", in_fragments([&b""[..]; 3])).brings([Message::text("")]),
        Case::new("6.1.3", in_fragments([&b""[..], b"middle frame payload", b""]))
            .brings([Message::text("middle frame payload")]),
        Case::new("6.2.1", [frame(FIN | TEXT, valid.as_bytes())]).brings([Message::text(valid)]),
        Case::new("6.2.2", in_fragments([left, right])).brings([Message::text(valid)]),
        Case::new("6.2.3", in_fragments(valid.as_bytes().chunks(1))).brings([Message::text(valid)]),
        Case::new("6.2.4", in_fragments(KOSME.chunks(1))).brings([Message::text("κόσμε")]),
    ]
}

/// Sections 6.3 and 6.4. Those of 6.4 end at what is wrong: what would follow, in the message or in its frame, never comes,
/// and the client must not wait for it.
fn invalid() -> Vec<Case> {
    let wrong = [KOSME, SURROGATE, EDITED].concat();
    let begun = |payload: &[u8], claimed: usize| [&header(FIN | TEXT, claimed)[..], payload].concat();
    let whole = KOSME.len() + BEYOND.len() + EDITED.len();
    vec![
        Case::new("6.3.1", [frame(FIN | TEXT, &wrong)]).fails(1007),
        Case::new("6.3.2", in_fragments(wrong.chunks(1))).fails(1007),
        Case::new("6.4.1", [frame(TEXT, KOSME), frame(CONTINUATION, BEYOND)]).fails(1007).write(Write::ByFrame),
        // The second octet already says that no code point can come of the first.
        Case::new("6.4.2", [frame(TEXT, &[KOSME, &BEYOND[..1]].concat()), frame(CONTINUATION, &BEYOND[1..2])])
            .fails(1007)
            .write(Write::ByFrame),
        Case::new("6.4.3", [begun(KOSME, whole), BEYOND.to_vec()]).fails(1007).write(Write::ByFrame),
        Case::new("6.4.4", [begun(&[KOSME, &BEYOND[..1]].concat(), whole), BEYOND[1..2].to_vec()])
            .fails(1007)
            .write(Write::ByFrame),
    ]
}

fn owned<const N: usize>(sequences: [&[u8]; N]) -> Vec<Vec<u8>> {
    sequences.map(<[u8]>::to_vec).to_vec()
}

/// Starts of sequences, each followed by a space.
fn lonely(starts: std::ops::RangeInclusive<u8>) -> Vec<u8> {
    starts.flat_map(|start| [start, b' ']).collect()
}

fn encoded(points: impl IntoIterator<Item = u32>) -> Vec<Vec<u8>> {
    points.into_iter().map(|point| char::from_u32(point).expect("a code point").to_string().into_bytes()).collect()
}

fn sequences() -> Vec<(u32, Vec<Vec<u8>>)> {
    let continuations = b"\x80\xbf\x80\xbf\x80\xbf\x80";
    let cut: [&[u8]; 10] = [
        b"\xc0",
        b"\xe0\x80",
        b"\xf0\x80\x80",
        b"\xf8\x80\x80\x80",
        b"\xfc\x80\x80\x80\x80",
        b"\xdf",
        b"\xef\xbf",
        b"\xf7\xbf\xbf",
        b"\xfb\xbf\xbf\xbf",
        b"\xfd\xbf\xbf\xbf\xbf",
    ];
    let mut unexpected = owned([b"\x80", b"\xbf"]);
    unexpected.extend((2..=7).map(|length| continuations[..length].to_vec()));
    // The last two code points of each plane are valid, though no characters.
    let no_characters = (0..=0x10).flat_map(|plane| [plane << 16 | 0xfffe, plane << 16 | 0xffff]);
    vec![
        (
            5,
            owned([
                b"hello\x24world",
                b"hello\xc2\xa2world",
                b"hello\xe2\x82\xacworld",
                b"hello\xf0\xa4\xad\xa2world",
                KOSME,
            ]),
        ),
        (6, (1..=KOSME.len()).map(|length| KOSME[..length].to_vec()).collect()),
        (7, encoded([0, 0x80, 0x800, 0x1_0000])),
        (8, owned([b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"])),
        (9, encoded([0x7f, 0x7ff, 0xffff, 0x10_ffff])),
        (10, owned([b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"])),
        (11, owned([b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf", BEYOND])),
        (12, unexpected),
        (
            13,
            vec![
                lonely(0xc0..=0xdf),
                lonely(0xe0..=0xef),
                lonely(0xf0..=0xf7),
                lonely(0xf8..=0xfb),
                lonely(0xfc..=0xfd),
            ],
        ),
        (14, owned(cut)),
        (15, vec![cut.concat()]),
        (16, owned([b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"])),
        (
            17,
            owned([
                b"\xc0\xaf",
                b"\xe0\x80\xaf",
                b"\xf0\x80\x80\xaf",
                b"\xf8\x80\x80\x80\xaf",
                b"\xfc\x80\x80\x80\x80\xaf",
            ]),
        ),
        (
            18,
            owned([
                b"\xc1\xbf",
                b"\xe0\x9f\xbf",
                b"\xf0\x8f\xbf\xbf",
                b"\xf8\x87\xbf\xbf\xbf",
                b"\xfc\x83\xbf\xbf\xbf\xbf",
            ]),
        ),
        (
            19,
            owned([
                b"\xc0\x80",
                b"\xe0\x80\x80",
                b"\xf0\x80\x80\x80",
                b"\xf8\x80\x80\x80\x80",
                b"\xfc\x80\x80\x80\x80\x80",
            ]),
        ),
        (
            20,
            owned([
                b"\xed\xa0\x80",
                b"\xed\xad\xbf",
                b"\xed\xae\x80",
                b"\xed\xaf\xbf",
                b"\xed\xb0\x80",
                b"\xed\xbe\x80",
                b"\xed\xbf\xbf",
            ]),
        ),
        (
            21,
            owned([
                b"\xed\xa0\x80\xed\xb0\x80",
                b"\xed\xa0\x80\xed\xbf\xbf",
                b"\xed\xad\xbf\xed\xb0\x80",
                b"\xed\xad\xbf\xed\xbf\xbf",
                b"\xed\xae\x80\xed\xb0\x80",
                b"\xed\xae\x80\xed\xbf\xbf",
                b"\xed\xaf\xbf\xed\xb0\x80",
                b"\xed\xaf\xbf\xed\xbf\xbf",
            ]),
        ),
        (22, encoded(no_characters)),
        (23, encoded(0xfff9..=0xffff)),
    ]
}
