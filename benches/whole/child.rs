//! Processes of this program in another role, which are given orders by lines.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    str::FromStr,
};

use tokio::task::block_in_place;

/// Another process of this program. Ends when dropped.
pub struct Role {
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    child: Child,
}

impl Role {
    /// Starts it with these arguments, the first of which says the role.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env::current_exe().expect("a program"));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Self { orders: child.stdin.take(), answers, child }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Gives an order and waits for its answer.
    pub fn ask<T: FromStr>(&mut self, order: &str) -> T {
        block_in_place(|| {
            writeln!(self.orders.as_ref().expect("only a drop takes it"), "{order}").expect("it listens");
            self.answer()
        })
    }

    /// Waits for an answer.
    pub fn answer<T: FromStr>(&mut self) -> T {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("text");
        line.trim_end().parse().unwrap_or_else(|_| panic!("another process answered {line:?}"))
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // It ends when it hears no more.
        drop(self.orders.take());
        let _ = self.child.wait();
    }
}
