//! What commands change of a connection.

use std::sync::Arc;

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use wsmon_model::Phase;

use super::ConnectionTask;
use crate::{
    command::{Ack, Change, Command, NextStep},
    error::SendError,
    session::Session,
    state::NextRetry,
};

impl ConnectionTask {
    /// Carries out what needs no change of phase, and says what does.
    pub(super) fn handle_command(&mut self, command: Option<Command>, session: Option<&mut Session>) -> NextStep {
        match command {
            Some(Command::Connect { change, done }) => {
                self.apply(change);
                self.state.send_modify(|state| state.on = true);
                NextStep::Attempt(done)
            }
            Some(Command::Change { change, done }) => self.change(change, done),
            Some(Command::Disconnect { done }) => NextStep::Off(done),
            Some(Command::Pause { done }) => self.pause(done),
            Some(Command::Resume { done }) => {
                if self.phase() == Phase::Off {
                    self.enter(Phase::Waiting, |state| {
                        state.on = true;
                        state.next_retry = Some(NextRetry::AtGate);
                    });
                }
                acknowledged(done)
            }
            Some(Command::Send { message, done }) => {
                let sent = match session {
                    Some(session) => session.enqueue(&message),
                    None => Err(SendError::NotConnected),
                };
                let _ = done.send(sent);
                NextStep::Stay
            }
            Some(Command::Stop { code }) => NextStep::Stop(code),
            None => NextStep::Stop(CloseCode::Away),
        }
    }

    fn apply(&mut self, change: Change) {
        self.state.send_if_modified(|state| {
            let before = (state.auto_reconnect, Arc::clone(&state.options));
            state.auto_reconnect = change.auto_reconnect.unwrap_or(state.auto_reconnect);
            state.options = change.options.unwrap_or_else(|| Arc::clone(&state.options));
            before != (state.auto_reconnect, Arc::clone(&state.options))
        });
    }

    /// A connection that was lost follows its switch: off stops the retries, on starts them again.
    /// New options are tried at once where the old ones are in use or have failed.
    fn change(&mut self, change: Change, done: Ack) -> NextStep {
        let (switched, anew) = (change.auto_reconnect, change.options.is_some());
        self.apply(change);
        let wanted = self.state.borrow().on;
        match (self.phase(), switched) {
            (Phase::Waiting | Phase::Blocked, Some(false)) => self.enter(Phase::Off, |_| {}),
            (Phase::Off, Some(true)) if wanted => return NextStep::Attempt(done),
            (Phase::Off, _) => {}
            _ if anew => return NextStep::Attempt(done),
            _ => {}
        }
        acknowledged(done)
    }

    /// Off is kept already, so off it must be, whatever began while that was being kept.
    fn pause(&mut self, done: Ack) -> NextStep {
        match self.phase() {
            Phase::Connecting | Phase::Connected => return NextStep::Off(done),
            Phase::Waiting | Phase::Blocked => self.enter(Phase::Off, |state| state.on = false),
            Phase::Off => self.state.send_modify(|state| state.on = false),
        }
        acknowledged(done)
    }
}

/// What a command means that has been carried out.
fn acknowledged(done: Ack) -> NextStep {
    let _ = done.send(());
    NextStep::Stay
}
