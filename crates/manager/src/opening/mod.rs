//! What is said to a service after the upgrade, until it gives data: a script of messages to send and of answers to wait
//! for. Pure: whoever runs it brings the messages, the time and the random numbers.

mod heartbeat;
mod run;
mod script;
mod template;

pub(super) use self::{
    heartbeat::HeartbeatPlan,
    run::{Next, Run},
    script::{Script, pattern_of},
};
pub use self::{
    script::{InvalidLine, InvalidScript},
    template::InvalidTemplate,
};
