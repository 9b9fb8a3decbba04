//! Why the login page is shown once more.

use serde::{Deserialize, Serialize};

/// Why somebody was not let in. Each displays as a sentence for the person at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum LoginFailure {
    /// It is not told which of the two.
    #[error("The user name or the password is wrong.")]
    Credentials,
    /// Nothing was checked.
    #[error("Too many logins failed. Wait {wait_s} s, then try again with the right password.")]
    TooMany {
        /// How long to wait, in seconds.
        wait_s: u64,
    },
    /// There is no room for a session.
    #[error("The disk is full, so nobody new can sign in. Free some space, then try again.")]
    DiskFull,
    /// A fault of the server's own.
    #[error("Signing in failed because of a fault in the monitor. Its log says what.")]
    Internal,
}

/// What the login page needs to be shown once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRetry {
    /// Why nobody was let in.
    pub failure: LoginFailure,
    /// Where to go after a login.
    pub next: String,
}
