//! What is said to a service after the upgrade, until it gives data: a script of messages to send and of answers to wait
//! for; and what is said and answered from then on. Pure: whoever runs it brings the messages, the time and the random numbers.

mod answer;
mod heartbeat;
mod mqtt;
mod run;
mod script;
mod template;

pub(super) use self::{
    answer::{AnswerPlan, Asked},
    heartbeat::HeartbeatPlan,
    run::{Next, Run},
    script::{Script, pattern_of},
    template::Values,
};
pub use self::{
    mqtt::InvalidPacket,
    script::{InvalidLine, InvalidScript},
    template::InvalidTemplate,
};
