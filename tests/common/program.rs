//! The program on a free port, and an administrator of it.

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use reqwest::{Client, Response, StatusCode, redirect::Policy};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{sync::oneshot, time::timeout};
use wsmon_model::{Connection, ConnectionList, ListAnswer, ListQuery};

use super::{program_file, start::on_free_port, wire};

pub const PASSWORD: &str = "correct horse battery staple";

/// Adds to a command that starts the program what it is told on every start.
pub fn told<'a>(command: &'a mut Command, base_url: &str, data_dir: &Path) -> &'a mut Command {
    on_free_port(command, base_url, data_dir)
        .env("WSMON_ADMIN_PASSWORD", PASSWORD)
        .env("RUST_LOG", "info")
        .stdin(Stdio::null())
}

/// The program on a free port. Killed with SIGKILL when dropped.
pub struct Program {
    pub url: String,
    /// What it said before it listened, that included.
    pub log_before_listening: String,
    child: Child,
    ended: oneshot::Receiver<()>,
}

impl Program {
    pub fn start(base_url: &str, data_dir: &Path) -> Self {
        Self::start_as(Command::new(program_file()), base_url, data_dir)
    }

    /// Starts it by a command of its own.
    pub fn start_as(mut command: Command, base_url: &str, data_dir: &Path) -> Self {
        let mut child = told(&mut command, base_url, data_dir).stderr(Stdio::piped()).spawn().expect("starts");
        let mut log = BufReader::new(child.stderr.take().expect("piped"));
        let (url, log_before_listening) = url_in(&mut log);
        let (end, ended) = oneshot::channel();
        thread::spawn(move || {
            io::copy(&mut log, &mut io::sink()).expect("readable");
            drop(end);
        });
        Self { url, log_before_listening, child, ended }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it with SIGTERM, within the time that a supervisor leaves it at the least.
    pub async fn terminate(mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
        let ended = timeout(Duration::from_secs(5), &mut self.ended).await;
        assert!(ended.is_ok(), "it still runs after 5 s");
        self.child.wait().expect("ended")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn url_in(log: &mut BufReader<ChildStderr>) -> (String, String) {
    let mut before = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).expect("text"), 0, "ended: {before}");
        before.push_str(&line);
        if let Ok(event) = serde_json::from_str::<Value>(&line)
            && event["message"] == "listening"
        {
            return (event["url"].as_str().expect("a URL").to_owned(), before);
        }
    }
}

/// Somebody who is signed in, and stays so when the program is started again.
#[derive(Clone)]
pub struct Admin(pub Client);

impl Admin {
    pub async fn sign_in(program: &Program) -> Self {
        let client = Client::builder().cookie_store(true).redirect(Policy::none()).build().expect("a client");
        let login =
            client.post(format!("{}/login", program.url)).form(&[("username", "admin"), ("password", PASSWORD)]);
        assert!(login.send().await.expect("an answer").status().is_redirection());
        Self(client)
    }

    /// Calls a server function of the program at a URL.
    pub async fn call(&self, url: &str, function: &str, arguments: &Value) -> reqwest::Result<Response> {
        let request = self.0.post(format!("{url}/api/{function}")).header("content-type", wire::POSTCARD);
        let answer = request.body(wire::arguments(function, arguments)).send().await?;
        Ok(wire::answer(function, answer).await)
    }

    /// Calls a server function that succeeds.
    pub async fn done(&self, program: &Program, function: &str, arguments: Value) -> Response {
        let answer = self.call(&program.url, function, &arguments).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{function} {arguments}");
        answer
    }

    /// Saves the options of an endpoint by the form on its page.
    pub async fn save_options(&self, program: &Program, endpoint: &str, options: &Value) {
        let page = format!("{}/admin/websocket-monitor/{endpoint}", program.url);
        let answer = self.0.post(page).form(&wire::options_form(options)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{endpoint} {options}");
    }

    pub async fn connect(&self, program: &Program, endpoint: &str, auto_reconnect: bool) -> Connection {
        let arguments = json!({ "endpoint": endpoint, "kind": { "Connect": auto_reconnect } });
        self.done(program, "change_connection", arguments).await.json().await.expect("a connection")
    }

    pub async fn list(&self, program: &Program) -> ConnectionList {
        let arguments = json!({ "query": ListQuery::default() });
        let answer = self.done(program, "list_connections", arguments).await;
        answer.json::<ListAnswer>().await.expect("an answer").over(ConnectionList::default())
    }

    pub async fn get(&self, program: &Program, path: &str) -> Response {
        self.0.get(format!("{}{path}", program.url)).send().await.expect("an answer")
    }
}
