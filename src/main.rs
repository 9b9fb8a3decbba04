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
    let telemetry = telemetry::init(&config).map_err(|error| error.to_string())?;
    let result = server::run_until_signal(config, telemetry.endpoint_log.clone()).await;
    telemetry.shutdown().await;
    result.map_err(|error| error.to_string())
}
