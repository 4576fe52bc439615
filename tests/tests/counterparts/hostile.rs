//! A service that does all that a broken or hostile one can do, byte by byte. Whatever it does, the runner says what it
//! was, stays alive, and gives the memory back. The message of a request says what is to happen to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pace_tests::binary;
use pace_tests::process::PATIENCE;

use crate::AGENTS;
use crate::program::Program;
use crate::runner::{Runner, Service, project};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

/// Where the interfaces are asked.
const PATHS: [&str; 3] = ["/v1beta/models/m:streamGenerateContent", "/v1/chat/completions", "/v1/messages"];

/// A server that treats each request as `behave` does: it is given the request's body and the connection, which is closed
/// afterwards.
fn serve(behave: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let behave = Arc::new(behave);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let behave = Arc::clone(&behave);
            std::thread::spawn(move || {
                let mut stream = stream;
                if let Some(body) = request(&stream) {
                    behave(&body, &mut stream);
                }
            });
        }
    });
    port
}

/// The body of the request on a connection.
fn request(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

/// A whole answer of `mockllm`, head and all, as it comes over the wire.
fn real_answer(mock: &Program, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", mock.port)).expect("the mock listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
    let body = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
    let length = body.len();
    write!(stream, "POST {path} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .expect("the mock reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the mock answers");
    answer
}

/// The number after `word` in a text.
fn number_after(text: &str, word: &str) -> Option<usize> {
    let (_, rest) = text.split_once(word)?;
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

#[test]
fn an_answer_that_is_cut_anywhere_is_never_taken_for_a_whole_one() {
    let mock = Program::start(&mut Command::new(binary("mockllm")));
    let answers = PATHS.map(|path| real_answer(&mock, path));
    let lengths = [answers[0].len(), answers[1].len(), answers[2].len()];
    let port = serve(move |body, stream| {
        let wire = number_after(body, "wire ").expect("the message says which");
        let cut = number_after(body, "cut ").expect("the message says where");
        let _closed = stream.write_all(&answers[wire][..cut]);
    });
    let mut runner = Runner::start(project("limits: {timeout: 1m}\n"), &Service::at(port));
    for (wire, agent) in AGENTS.into_iter().enumerate() {
        let next = AtomicUsize::new(0);
        // Those that end before the answer begins are tried again after a while, so many run at once.
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    loop {
                        let cut = next.fetch_add(1, Ordering::Relaxed);
                        if cut > lengths[wire] {
                            break;
                        }
                        assert_cut(&runner, agent, &format!("wire {wire} cut {cut}"), cut == lengths[wire]);
                    }
                });
            }
        });
    }
    assert!(runner.program.is_alive());
}

#[track_caller]
fn assert_cut(runner: &Runner, agent: &str, message: &str, is_whole: bool) {
    let answer = runner.chat(agent, message);
    let document = answer.json();
    if answer.status == 200 {
        // Only bytes that mean nothing may be missing.
        assert_eq!(document["response"], "Paris 21 C, Oslo 9 C.", "{agent}, {message}");
        return;
    }
    let code = document["code"].as_str().unwrap_or_default();
    let is_named = ["model-cut-off", "model-unreachable", "model-garbled", "empty-answer"].contains(&code);
    assert!(is_named && !is_whole, "{agent}, {message}: {}", answer.body);
}

#[test]
fn each_kind_of_nonsense_has_its_problem() {
    let gzip = [&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], &[7; 64]].concat();
    let gzip_head = format!("{OK}content-encoding: gzip\r\nconnection: close\r\n\r\n");
    let stream = |text: &[u8]| [format!("{OK}connection: close\r\n\r\n").as_bytes(), text].concat();
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        (
            "garbage instead of HTTP",
            b"\x16\x03\x01\x02 what? \r\n\r\n".to_vec(),
            &["model-unreachable", "model-garbled"],
        ),
        (
            "a page",
            b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>Log in</html>".to_vec(),
            &["model-garbled"],
        ),
        ("an end after the head", stream(b""), &["empty-answer"]),
        ("data that is no JSON", stream(b"data: {{{{\n\n"), &["model-garbled"]),
        ("JSON of another kind", stream(b"data: [1,2,3]\n\n"), &["model-garbled"]),
        ("nothing but comments", stream(b": hello\n\n: hello\n\n"), &["empty-answer"]),
        ("compression nobody asked for", [gzip_head.as_bytes(), &gzip].concat(), &["model-garbled", "model-cut-off"]),
        (
            "a way elsewhere",
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_vec(),
            &["model-rejected", "model-garbled", "model-not-found", "model-unavailable"],
        ),
        (
            "a status nobody knows",
            b"HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n".to_vec(),
            &["model-rejected", "model-garbled", "model-unavailable"],
        ),
        ("deep JSON", stream(&[&b"data: "[..], &b"[".repeat(100_000), b"\n\n"].concat()), &["model-garbled"]),
    ];
    let answers: Vec<Vec<u8>> = cases.iter().map(|(_, answer, _)| answer.clone()).collect();
    let port = serve(move |body, stream| {
        let case = number_after(body, "case ").expect("the message says which");
        let _closed = stream.write_all(&answers[case]);
    });
    let mut runner = Runner::start(project("limits: {timeout: 1m}\n"), &Service::at(port));
    for agent in AGENTS {
        for (number, (name, _, codes)) in cases.iter().enumerate() {
            let answer = runner.chat(agent, &format!("case {number}"));
            let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
            assert!(codes.contains(&code.as_str()), "{agent}, {name}: {}", answer.body);
        }
    }
    assert!(runner.program.is_alive());
}

#[test]
fn text_that_is_no_utf8_is_refused() {
    let mock = Program::start(&mut Command::new(binary("mockllm")));
    let answers = PATHS.map(|path| {
        let mut answer = real_answer(&mock, path);
        let at = answer.windows(4).position(|window| window == b"Oslo").expect("the mock speaks of Oslo");
        // As many bytes as before, so that nothing else is wrong.
        answer[at..at + 4].copy_from_slice(b"\xff\xfe\xfd\xfc");
        answer
    });
    let port = serve(move |body, stream| {
        let wire = number_after(body, "wire ").expect("the message says which");
        let _closed = stream.write_all(&answers[wire]);
    });
    let runner = Runner::start(project(""), &Service::at(port));
    for (wire, agent) in AGENTS.into_iter().enumerate() {
        runner.assert_problem(agent, &format!("wire {wire}"), "model-garbled");
    }
}

#[test]
fn whoever_says_nothing_is_not_waited_for_longer_than_the_agent_has() {
    let port = serve(|body, stream| {
        let head = format!("{OK}transfer-encoding: chunked\r\n\r\n");
        if body.contains("never") {
            std::thread::sleep(Duration::from_mins(1));
        } else if body.contains("comments") && stream.write_all(head.as_bytes()).is_ok() {
            while stream.write_all(b"6\r\n: on\n\n\r\n").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        } else if stream.write_all(b"HTTP/1.1 200 OK\r\n").is_ok() {
            while stream.write_all(b"x-more: and more\r\n").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    });
    let mut runner = Runner::start(project("limits: {timeout: 2s}\n"), &Service::at(port));
    std::thread::scope(|scope| {
        for agent in AGENTS {
            for message in ["never answer", "send comments", "send headers"] {
                let runner = &runner;
                scope.spawn(move || runner.assert_problem(agent, message, "timed-out"));
            }
        }
    });
    assert!(runner.program.is_alive());
}

#[test]
fn an_endless_event_is_not_kept() {
    let port = serve(|_, stream| {
        let head = format!("{OK}connection: close\r\n\r\ndata: {{\"candidates\":[{{\"content\":\"");
        let piece = vec![b'a'; 1 << 20];
        if stream.write_all(head.as_bytes()).is_ok() {
            for _ in 0..400 {
                if stream.write_all(&piece).is_err() {
                    return;
                }
            }
        }
    });
    let mut runner = Runner::start(project(""), &Service::at(port));
    let before = runner.program.most_resident();
    // One event that was kept whole is 400 MiB; of thirty that are read as far as an event may go and then not given back,
    // each is 4. What is resident now depends on when the allocator gives it back, so the most there ever was is judged.
    for _ in 0..10 {
        for agent in AGENTS {
            runner.assert_problem(agent, "tell me everything", "model-garbled");
        }
    }
    let grown = runner.program.most_resident() - before;
    assert!(grown < 96 << 10, "{grown} KiB more than before");
    assert!(runner.program.is_alive());
}
