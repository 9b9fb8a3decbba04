//! Why no more can be read of a peer's frames.

use crate::in_flight::Exhausted;

/// Why no more can be read of a peer's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    /// Section 5.2: without an extension, RSV1 to RSV3 are 0.
    #[error("Reserved bits are non-zero")]
    ReservedBits,
    /// Section 5.2: opcodes 3 to 7 and 11 to 15 are reserved.
    #[error("Encountered invalid opcode: {0}")]
    UnknownOpcode(u8),
    /// Section 5.1: a server masks nothing.
    #[error("Received a masked frame from server")]
    Masked,
    /// Section 5.5.
    #[error("Fragmented control frame")]
    FragmentedControl,
    /// Section 5.5.
    #[error("Control frame too big (payload must be 125 bytes or less)")]
    ControlTooBig,
    /// Section 5.4: a continuation frame without a message that it continues.
    #[error("Continue frame but nothing to continue")]
    NothingToContinue,
    /// Section 5.4: fragments of two messages are not mixed.
    #[error("While waiting for more fragments received: {0}")]
    NotContinued(&'static str),
    /// Section 5.5.1: a close frame's payload is empty, or begins with a code of two bytes.
    #[error("Invalid close sequence")]
    ShortClose,
    /// Sections 5.6 and 8.1.
    #[error("Text that is not UTF-8")]
    InvalidText,
    /// More than our [`Limits`](super::Limits) allow.
    #[error("{size} bytes at once, of at most {most}")]
    TooBig { size: usize, most: usize },
    /// More than all connections together may keep.
    #[error("{most} bytes of messages are in flight")]
    InFlight { most: usize },
}

impl From<Exhausted> for FrameError {
    fn from(Exhausted { most }: Exhausted) -> Self {
        Self::InFlight { most }
    }
}
