//! The protocols whose needs are known.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray, VariantNames};

/// A protocol whose needs are known.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
    VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Profile {
    /// socket.io 3 and 4, on engine.io 4.
    #[serde(rename = "socket.io")]
    #[strum(serialize = "socket.io")]
    SocketIo,
    /// GraphQL subscriptions: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>.
    GraphqlTransportWs,
    /// Phoenix channels, serializer 2.0.0.
    Phoenix,
    /// STOMP 1.1 and 1.2.
    Stomp,
    /// MQTT 3.1.1 (OASIS), section 6.
    Mqtt,
    /// NATS' client protocol.
    Nats,
    /// ASP.NET Core's `SignalR` with its JSON protocol, without negotiation.
    Signalr,
}

impl Profile {
    /// Its name in options.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_contract_everywhere() {
        let names = ["socket.io", "graphql-transport-ws", "phoenix", "stomp", "mqtt", "nats", "signalr"];
        for (profile, name) in <Profile as VariantArray>::VARIANTS.iter().zip(names) {
            assert_eq!((profile.as_str(), name.parse()), (name, Ok(*profile)));
            assert_eq!(serde_json::to_value(profile).expect("JSON"), name);
        }
        assert_eq!(<Profile as VariantNames>::VARIANTS, names);
    }
}
