//! The program `websocket-monitor`.

use std::process::ExitCode;

use websocket_monitor::server::{
    self, commands,
    config::{Config, Invocation},
    telemetry,
};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Config::load() {
        Ok(Invocation::Serve(config)) => {
            telemetry::init(config.log_format);
            server::run_until_signal(*config).await.map_err(|error| error.to_string())
        }
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
