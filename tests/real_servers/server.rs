//! A real server as a child process.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::soon;

/// A running server, killed when dropped.
pub struct Server {
    pub port: u16,
    command: Command,
    ready: &'static str,
    child: Option<Child>,
    _directory: TempDir,
}

impl Server {
    /// Starts a program that is to listen at a port, in a new directory whose only file is `config`, and
    /// waits until it has written `ready` to its standard error.
    pub async fn start(program: &Path, port: u16, arguments: &[&str], config: &str, ready: &'static str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("config"), config).expect("written");
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&directory);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = Self { port, command, ready, child: None, _directory: directory };
        server.start_again().await;
        server
    }

    /// Starts one of our scripts.
    pub async fn start_script(interpreter: &Path, script: &str) -> Self {
        Self::start_script_with(interpreter, script, &[]).await
    }

    /// Starts one of our scripts with arguments after the port.
    pub async fn start_script_with(interpreter: &Path, script: &str, arguments: &[&str]) -> Self {
        let script = format!("{}/tests/real_servers/{script}", env!("CARGO_MANIFEST_DIR"));
        let port = free_port();
        let port_argument = port.to_string();
        let arguments: Vec<_> = [&*script, &*port_argument].into_iter().chain(arguments.iter().copied()).collect();
        Self::start(interpreter, port, &arguments, "", "ready").await
    }

    /// Starts it again as it was.
    pub async fn start_again(&mut self) {
        let mut child = self.command.spawn().expect("the program runs");
        let output = child.stderr.take().expect("it is piped");
        self.child = Some(child);
        let (tell, told) = oneshot::channel();
        let ready = self.ready;
        // Reads on to the end: a server that nobody listens to stands still.
        thread::spawn(move || {
            let mut said = String::new();
            let mut tell = Some(tell);
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if line.contains(ready) {
                    tell.take().map(|tell| tell.send(Ok(())));
                } else if tell.is_some() {
                    said = said + "\n" + &line;
                }
            }
            tell.map(|tell| tell.send(Err(said)));
        });
        let outcome = soon("the server to be ready", told).await.expect("no panic");
        outcome.unwrap_or_else(|said| panic!("{:?} ended: {said}", self.command));
    }

    /// Asks it to end. Only our own scripts obey.
    pub fn ask_to_end(&mut self) {
        self.child.as_mut().map(|child| child.stdin.take());
    }

    /// Stops it in its tracks: its sockets stay, and nothing is answered.
    pub fn freeze(&mut self) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args(["-STOP", &id]).status().expect("it is there").success());
    }

    /// Ends it at once, so that it cannot say goodbye.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // An error means that it has ended already.
            let _ = child.kill();
            child.wait().expect("it ends");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port of 127.0.0.1 for a server that cannot choose one.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
