//! The program `websocket-monitor`.

use std::process::ExitCode;

use tokio::runtime::Builder;
use websocket_monitor::server::{
    self, commands,
    config::{Config, Invocation},
    telemetry,
};

/// The stack of a thread that runs tasks, in bytes. A view's future holds those of all its parts by
/// value, and the dashboard's takes all of the usual 2 MiB in a development build. To erase the parts'
/// types (`into_any`) would save the stack, and cost a browser 47 KB more. Only what is touched is
/// memory.
const STACK: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let runtime = Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    runtime.expect("threads can be started").block_on(run())
}

async fn run() -> ExitCode {
    let result = match Config::load() {
        Ok(Invocation::Serve(config)) => serve(*config).await,
        Ok(Invocation::Command(data_dir, command)) => {
            commands::run(&data_dir, command).await.map_err(|error| error.to_string())
        }
        Err(stop) => return stop.report(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config) -> Result<(), String> {
    let telemetry = telemetry::init(&config.settings).map_err(|error| error.to_string())?;
    let result = server::run_until_signal(config).await;
    telemetry.shutdown().await;
    result.map_err(|error| error.to_string())
}
