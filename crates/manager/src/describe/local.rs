//! Sentences about what the monitor itself is short of.

use wsmon_model::LocalResource;

/// What was lacking, and how to mend that.
pub(super) fn short_of(resource: LocalResource) -> String {
    match resource {
        LocalResource::Places { most } => format!(
            "The monitor's limit on open files leaves room for {most} connections, and they are taken. Raise the limit \
             (LimitNOFILE in the systemd unit, or ulimit -n) and start the monitor again."
        ),
        LocalResource::Descriptors => {
            "The monitor has as many files open as it may. Raise the limit (LimitNOFILE in the \
             systemd unit, or ulimit -n) and start the monitor again."
                .to_owned()
        }
        LocalResource::MachineDescriptors => {
            "The monitor's machine has as many files open as it may. Raise fs.file-max, \
             or look what else runs there."
                .to_owned()
        }
        LocalResource::Port { address } => format!(
            "The monitor's machine has no free port for a connection to {address}, or no address of its own to connect \
             from. Widen net.ipv4.ip_local_port_range."
        ),
        LocalResource::InFlight { most } => format!(
            "The monitor keeps at most {most} bytes of messages that have not come whole, over all connections, and this \
             one's would have been more: the limit is the monitor's own. Look which services send messages that large, or \
             that slowly, and lower the connections' limits."
        ),
        LocalResource::Memory => "The monitor's machine has no memory left for another socket.".to_owned(),
    }
}
