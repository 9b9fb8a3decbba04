//! The upstream: a process of its own, because one process may not open enough sockets for both ends.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use futures_util::StreamExt;
use tokio::{
    net::{TcpListener, TcpSocket},
    runtime::Runtime,
    task::block_in_place,
};
use tokio_tungstenite::{accept_async_with_config, tungstenite::protocol::WebSocketConfig};

/// What this program is started with to be the upstream.
pub const ARGUMENT: &str = "--upstream";

/// Connections that may wait to be accepted; as many as the system allows by default.
const BACKLOG: u32 = 4_096;

/// The upstream's process. Ends when dropped.
pub struct Upstream {
    pub address: SocketAddr,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    child: Child,
}

impl Upstream {
    pub fn start() -> Self {
        let program = env::current_exe().expect("a program");
        let mut command = Command::new(program);
        command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut answers = BufReader::new(child.stdout.take().expect("piped"));
        let address = line(&mut answers).expect("an answer").parse().expect("an address");
        Self { address, orders: child.stdin.take(), answers, child }
    }

    pub fn base_url(&self) -> String {
        format!("ws://{}/ws/", self.address)
    }

    /// Refuses connections and drops those that there are; how many were accepted since it came.
    pub fn leave(&mut self) -> u32 {
        self.order().parse().expect("a number")
    }

    /// Accepts connections again.
    pub fn come_back(&mut self) {
        self.order();
    }

    fn order(&mut self) -> String {
        block_in_place(|| {
            writeln!(self.orders.as_ref().expect("only a drop takes it")).expect("it listens");
            line(&mut self.answers).expect("it answers")
        })
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // It ends when it hears no more.
        drop(self.orders.take());
        let _ = self.child.wait();
    }
}

fn line(input: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    let length = input.read_line(&mut line).expect("text");
    (length > 0).then(|| line.trim_end().to_owned())
}

/// Is the upstream: comes and leaves by turns, at every line that is read.
pub fn serve() {
    let mut orders = io::stdin().lock();
    let mut address = SocketAddr::from(([127, 0, 0, 1], 0));
    loop {
        let runtime = Runtime::new().expect("a runtime");
        let accepted = Arc::new(AtomicU32::new(0));
        let listener = runtime.block_on(async { listen(address) });
        address = listener.local_addr().expect("an address");
        let accepting = runtime.spawn(accept(listener, Arc::clone(&accepted)));
        println!("{address}");
        if line(&mut orders).is_none() {
            return;
        }
        // The listener first: nobody gets in while the others are dropped with the runtime.
        accepting.abort();
        let _ = runtime.block_on(accepting);
        drop(runtime);
        println!("{}", accepted.load(Relaxed));
        if line(&mut orders).is_none() {
            return;
        }
    }
}

fn listen(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("possible");
    socket.bind(address).expect("a free port");
    socket.listen(BACKLOG).expect("possible")
}

async fn accept(listener: TcpListener, accepted: Arc<AtomicU32>) {
    let config = WebSocketConfig::default().read_buffer_size(4 * 1_024).write_buffer_size(0);
    loop {
        let (stream, _) = listener.accept().await.expect("a client");
        accepted.fetch_add(1, Relaxed);
        tokio::spawn(async move {
            if let Ok(mut socket) = accept_async_with_config(stream, Some(config)).await {
                while let Some(Ok(_)) = socket.next().await {}
            }
        });
    }
}
