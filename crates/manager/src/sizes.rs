//! What a connection takes for as long as it is there, in bytes: all else is boxed while it is needed, or shared.

use std::sync::Weak;

use crate::{
    command::Asked,
    failure::Failure,
    freshness::Freshness,
    mailbox::Mailbox,
    registry::{Entry, Registry},
    session::Session,
    state::{ConnectionState, Shared},
    state_channel::StateChannel,
    task::ConnectionTask,
};

fn future<F>(_: impl FnOnce(ConnectionTask, Weak<Registry>) -> F) -> usize {
    size_of::<F>()
}

/// What grows beyond its budget costs every connection; what has shrunk should have a smaller one.
#[test]
fn an_idle_connection_keeps_to_its_budget() {
    for (what, size, budget) in [
        // tokio adds 112 bytes and rounds up to a multiple of 128.
        ("task", future(ConnectionTask::run), 6 * 128 - 112),
        ("session", size_of::<Session>(), 496),
        ("mailbox", size_of::<Mailbox<Asked>>(), 104),
        ("state channel", size_of::<StateChannel>(), 128),
        ("shared", size_of::<Shared>(), 224),
        ("entry", size_of::<Entry>(), 72),
        // It is in the task and in the channel.
        ("state", size_of::<ConnectionState>(), 64),
        // Of a connection that was open once. The allocator makes it 112.
        ("freshness", size_of::<Freshness>(), 104),
        // It passes through futures and results everywhere.
        ("failure", size_of::<Failure>(), 48),
    ] {
        println!("{what}: {size} of {budget}");
        assert!(size <= budget, "{what}: {size} of {budget}");
    }
}
