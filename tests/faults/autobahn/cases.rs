//! The table, by section of the suite.

mod utf8;

use wsmon_manager::Message;

use super::case::{Case, Write, close, ping, pong};
use crate::wire::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, frame};

pub fn all() -> Vec<Case> {
    let sections =
        [framing(), pings(), reserved_bits(), reserved_opcodes(), fragmentation(), utf8::cases(), closes(), limits()];
    sections.into_iter().flatten().collect()
}

fn text(payload: &str) -> Vec<u8> {
    frame(FIN | TEXT, payload.as_bytes())
}

fn message(payload: &str) -> Message {
    Message::text(payload)
}

/// Sections 1.1 and 1.2: payloads of every form of length.
fn framing() -> Vec<Case> {
    let lengths = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536];
    let case = |(n, length): (usize, usize)| {
        let write = if n == 7 { Write::Chopped(997) } else { Write::AtOnce };
        let (letters, octets) = ("*".repeat(length), vec![0xfe; length]);
        [
            Case::new(format!("1.1.{}", n + 1), [text(&letters)]).brings([message(&letters)]).write(write),
            Case::new(format!("1.2.{}", n + 1), [frame(FIN | BINARY, &octets)])
                .brings([Message::binary(octets)])
                .write(write),
        ]
    };
    lengths.into_iter().enumerate().flat_map(case).collect()
}

/// Section 2.
fn pings() -> Vec<Case> {
    let octets = b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff";
    let longest = [0xfe; 125];
    let answered = |id, payload: &[u8]| Case::new(id, [ping(payload)]).pings([payload.to_vec()]);
    let ten = || (0..10).map(|n| format!("payload-{n}").into_bytes());
    let of_ten = |id| Case::new(id, ten().map(|payload| ping(&payload))).pings(ten());
    vec![
        answered("2.1", b""),
        answered("2.2", b"Hello, world!"),
        answered("2.3", octets),
        answered("2.4", &longest),
        Case::new("2.5", [ping(&[0xfe; 126])]).fails(1002),
        answered("2.6", &longest).write(Write::Chopped(1)),
        Case::new("2.7", [pong(b"")]),
        Case::new("2.8", [pong(b"unsolicited pong payload")]),
        Case::new("2.9", [pong(b"unsolicited pong payload"), ping(b"ping payload")]).pings([b"ping payload".to_vec()]),
        of_ten("2.10"),
        of_ten("2.11").write(Write::Chopped(1)),
    ]
}

/// Section 3.
fn reserved_bits() -> Vec<Case> {
    let hello = "Hello, world!";
    let reserved = |bits: u8, first: u8, payload: &[u8]| frame(FIN | bits << 4 | first, payload);
    let between = |id, bits| {
        Case::new(id, [text(hello), reserved(bits, TEXT, hello.as_bytes()), ping(b"")])
            .brings([message(hello)])
            .fails(1002)
    };
    vec![
        Case::new("3.1", [reserved(1, TEXT, hello.as_bytes())]).fails(1002),
        between("3.2", 2),
        between("3.3", 3).write(Write::ByFrame),
        between("3.4", 4).write(Write::Chopped(1)),
        Case::new("3.5", [reserved(5, BINARY, &[0xff; 8])]).fails(1002),
        Case::new("3.6", [reserved(6, PING, hello.as_bytes())]).fails(1002),
        Case::new("3.7", [reserved(7, CLOSE, b"")]).fails(1002),
    ]
}

/// Section 4.
fn reserved_opcodes() -> Vec<Case> {
    let hello = "Hello, world!";
    let with = |opcode: u8, payload: &str| frame(FIN | opcode, payload.as_bytes());
    let section = |section: &str, first: u8| {
        let between = |n: u8, payload| {
            Case::new(format!("{section}.{n}"), [text(hello), with(first + n - 1, payload), ping(b"")])
                .brings([message(hello)])
                .fails(1002)
        };
        [
            Case::new(format!("{section}.1"), [with(first, "")]).fails(1002),
            Case::new(format!("{section}.2"), [with(first + 1, "reserved opcode payload")]).fails(1002),
            between(3, "").write(Write::ByFrame),
            between(4, "reserved opcode payload").write(Write::ByFrame),
            between(5, "reserved opcode payload").write(Write::Chopped(1)),
        ]
    };
    section("4.1", 0x3).into_iter().chain(section("4.2", 0xb)).collect()
}

/// Section 5.
fn fragmentation() -> Vec<Case> {
    let (first, second) = (&b"fragment1"[..], &b"fragment2"[..]);
    let halves = || vec![frame(TEXT, first), frame(FIN | CONTINUATION, second)];
    let whole = || message("fragment1fragment2");
    let around = || vec![frame(TEXT, first), ping(b"ping payload"), frame(FIN | CONTINUATION, second)];
    let stray = |fin: u8| [frame(fin | CONTINUATION, b"non-continuation payload"), text("Hello, world!")];
    let broken = |id, fin| Case::new(id, stray(fin)).fails(1002);
    let with_ping = |id| Case::new(id, around()).brings([whole()]).pings([b"ping payload".to_vec()]);
    let twice = |fin: u8| {
        let pair = [frame(fin | CONTINUATION, first), frame(TEXT, b""), frame(FIN | CONTINUATION, second)];
        [pair.clone(), pair].concat()
    };
    let in_five = || {
        let fragments = |n: u8, first, fin: u8| frame(first | fin, format!("fragment{n}").as_bytes());
        vec![
            fragments(1, TEXT, 0),
            fragments(2, CONTINUATION, 0),
            ping(b"pongme 1!"),
            fragments(3, CONTINUATION, 0),
            fragments(4, CONTINUATION, 0),
            ping(b"pongme 2!"),
            fragments(5, CONTINUATION, FIN),
        ]
    };
    let of_five = |id| {
        Case::new(id, in_five())
            .brings([message("fragment1fragment2fragment3fragment4fragment5")])
            .pings([b"pongme 1!".to_vec(), b"pongme 2!".to_vec()])
    };
    vec![
        Case::new("5.1", [frame(PING, first), frame(FIN | CONTINUATION, second)]).fails(1002),
        Case::new("5.2", [frame(PONG, first), frame(FIN | CONTINUATION, second)]).fails(1002),
        Case::new("5.3", halves()).brings([whole()]),
        Case::new("5.4", halves()).brings([whole()]).write(Write::ByFrame),
        Case::new("5.5", halves()).brings([whole()]).write(Write::Chopped(1)),
        with_ping("5.6"),
        with_ping("5.7").write(Write::ByFrame),
        with_ping("5.8").write(Write::Chopped(1)),
        broken("5.9", FIN),
        broken("5.10", FIN).write(Write::ByFrame),
        broken("5.11", FIN).write(Write::Chopped(1)),
        broken("5.12", 0),
        broken("5.13", 0).write(Write::ByFrame),
        broken("5.14", 0).write(Write::Chopped(1)),
        Case::new("5.15", [halves(), stray(0).to_vec()].concat()).brings([whole()]).fails(1002),
        Case::new("5.16", twice(0)).fails(1002),
        Case::new("5.17", twice(FIN)).fails(1002),
        Case::new("5.18", [frame(TEXT, first), text("fragment2")]).fails(1002),
        of_five("5.19"),
        of_five("5.20").write(Write::Chopped(1)),
    ]
}

/// Section 7.
fn closes() -> Vec<Case> {
    let hello = || text("Hello World!");
    let large = "BAsd7&jh23".repeat(26_000);
    let (reason, longest) = ("Hello World!", "*".repeat(123));
    let mut cases = vec![
        Case::new("7.1.1", [hello(), close(1000, b"")]).brings([message("Hello World!")]).closes(1000),
        Case::new("7.1.2", [close(1000, b""), close(1000, b"")]).closes(1000),
        Case::new("7.1.3", [close(1000, b""), ping(b"")]).closes(1000),
        Case::new("7.1.4", [close(1000, b""), hello()]).closes(1000),
        Case::new("7.1.5", [frame(TEXT, b"fragment1"), close(1000, b""), frame(FIN | CONTINUATION, b"fragment2")])
            .closes(1000),
        Case::new("7.1.6", [text(&large), hello(), close(1000, b""), ping(b"")])
            .brings([message(&large), message("Hello World!")])
            .closes(1000),
        Case::new("7.3.1", [frame(FIN | CLOSE, b"")]).closes(None),
        Case::new("7.3.2", [frame(FIN | CLOSE, b"a")]).fails(1002),
        Case::new("7.3.3", [close(1000, b"")]).closes(1000),
        Case::new("7.3.4", [close(1000, reason.as_bytes())]).closes(1000),
        Case::new("7.3.5", [close(1000, longest.as_bytes())]).closes(1000),
        Case::new("7.3.6", [close(1000, "*".repeat(124).as_bytes())]).fails(1002),
        Case::new("7.5.1", [close(1000, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited")])
            .fails(1007),
    ];
    let valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
    let valid = valid.into_iter().enumerate();
    cases.extend(valid.map(|(n, code)| Case::new(format!("7.7.{}", n + 1), [close(code, b"")]).closes(code)));
    // Codes that may not be sent are answered with 1002. 1012 to 1014 were registered after the standard.
    let invalid = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].into_iter().enumerate();
    cases.extend(invalid.map(|(n, code)| Case::new(format!("7.9.{}", n + 1), [close(code, b"")]).closes(1002)));
    cases.push(Case::new("7.13.1", [close(5000, b"")]).closes(1002));
    cases.push(Case::new("7.13.2", [close(65_535, b"")]).closes(1002));
    cases
}

/// Of section 9 what the limits that hold by default let through: frames of 256 KiB and messages of 1 MiB.
fn limits() -> Vec<Case> {
    const KIB: usize = 1_024;
    let large = "*".repeat(256 * KIB);
    let octets = vec![0xfe; 256 * KIB];
    let fragments = |payload: &[u8], first: u8, size: usize| -> Vec<_> {
        let count = payload.len().div_ceil(size);
        let frames = payload.chunks(size).enumerate().map(|(n, piece)| {
            let opcode = if n == 0 { first } else { CONTINUATION };
            frame(opcode | if n + 1 == count { FIN } else { 0 }, piece)
        });
        frames.collect()
    };
    let mega = "*".repeat(KIB * KIB);
    vec![
        Case::new("9.1.1", [text(&large[..64 * KIB])]).brings([message(&large[..64 * KIB])]),
        Case::new("9.1.2", [text(&large)]).brings([message(&large)]),
        Case::new("9.2.2", [frame(FIN | BINARY, &octets)]).brings([Message::binary(&octets[..])]),
        Case::new("9.3.1", fragments(mega.as_bytes(), TEXT, 64)).brings([message(&mega)]),
        Case::new("9.3.6", fragments(mega.as_bytes(), TEXT, 64 * KIB)).brings([message(&mega)]),
        Case::new("9.4.4", fragments(mega.as_bytes(), BINARY, 4 * KIB)).brings([Message::binary(mega.as_bytes())]),
        Case::new("9.5.1", [text(&large)]).brings([message(&large)]).write(Write::Chopped(64)),
        Case::new("9.6.6", [frame(FIN | BINARY, &octets)])
            .brings([Message::binary(&octets[..])])
            .write(Write::Chopped(2_048)),
        // The suite sends a thousand; a subscription keeps 64 for whoever has yet to look.
        Case::new("9.7.1", vec![text(""); 64]).brings(vec![message(""); 64]),
        Case::new("9.8.3", vec![frame(FIN | BINARY, &[0xfe; 64]); 64])
            .brings(vec![Message::binary(&[0xfe; 64][..]); 64]),
    ]
}
