//! NATS, which speaks first and in binary messages.

use wsmon_manager::Message;
use wsmon_model::ConnectionOptions;

use crate::{
    client::Client,
    install,
    server::{Server, free_port},
};

/// The line that a message holds.
async fn line(client: &mut Client) -> String {
    match client.hear().await {
        Message::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Message::Text(text) => panic!("a text: {text}"),
    }
}

#[tokio::test]
async fn a_killed_server_is_connected_again_and_introduces_itself_each_time() {
    let Some(program) = install::program("nats-server") else { return };
    let port = free_port();
    let config = format!("host: 127.0.0.1\nport: -1\nwebsocket {{ host: 127.0.0.1, port: {port}, no_tls: true }}");
    let mut server = Server::start(&program, port, &["-c", "config"], &config, "Server is ready").await;
    let mut client = Client::connect(server.port, "/", ConnectionOptions::default()).await;
    client.outlives(&mut server).await;
    for meeting in ["first", "second"] {
        let info = line(&mut client).await;
        assert!(info.starts_with("INFO {"), "{meeting}: {info}");
    }

    client.say(Message::binary(*b"CONNECT {\"verbose\":false}\r\nPING\r\n")).await;
    assert_eq!(line(&mut client).await, "PONG\r\n");
    assert_eq!(client.manager.get(&client.feed).expect("the endpoint is there").messages_received, 3);
}
