//! Why we close a connection.

/// The status codes that we send (RFC 6455 section 7.4.1). What a peer sends can be any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum CloseCode {
    /// The connection has served its purpose.
    Normal = 1000,
    /// We go away, or can hold it no longer.
    Away = 1001,
    /// The peer broke the protocol.
    Protocol = 1002,
    /// The peer sent text that is not UTF-8.
    Invalid = 1007,
    /// The peer sends what we do not put up with.
    Policy = 1008,
    /// The peer sent more at once than we take.
    Size = 1009,
}

impl CloseCode {
    /// A close frame's payload with this code and no reason (section 5.5.1).
    pub(crate) fn payload(self) -> [u8; 2] {
        (self as u16).to_be_bytes()
    }

    /// Whether an endpoint may send this code: those with a meaning of their own, registered ones among them, and those
    /// for libraries and applications (section 7.4.2, and IANA's registry of close codes).
    pub(crate) fn may_be_sent(code: u16) -> bool {
        matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}
