//! Any program that a test starts: what it says, and its end. Neither is waited for without a bound.

use std::io::Read;
use std::process::{Child, ExitStatus, Output};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::wait::{until, until_found};

/// How long a program may take that does its work and ends: much longer than any of them does on a machine that is busy.
const WORK: Duration = Duration::from_mins(5);

/// What a program says on one of its streams, read on a thread of its own from the beginning to the end.
#[derive(Debug)]
pub struct Said {
    text: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Said {
    /// Begins to read.
    ///
    /// # Panics
    /// If the stream is not piped.
    pub fn on(stream: Option<impl Read + Send + 'static>) -> Self {
        let mut stream = stream.expect("the stream is piped");
        let text = Arc::<Mutex<Vec<u8>>>::default();
        let shared = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut piece) {
                shared.lock().expect("nobody panics with it").extend_from_slice(&piece[..length]);
            }
        });
        Self { text, reader }
    }

    /// All that it has said so far.
    ///
    /// # Panics
    /// Never: nobody panics while it is written down.
    pub fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().expect("nobody panics with it")).into_owned()
    }

    /// Waits until it has said this; all that it has said by then.
    ///
    /// # Panics
    /// If it ends or keeps silent instead.
    #[track_caller]
    pub fn until(&self, words: &str) -> String {
        self.until_found(words, |said| said.contains(words).then(|| said.to_owned()))
    }

    /// Waits for the line of this number, from 0; none if it ends before that.
    ///
    /// # Panics
    /// If neither comes.
    #[track_caller]
    pub fn line(&self, number: usize) -> Option<String> {
        until_found("the next line", || {
            let is_over = self.reader.is_finished();
            let said = self.so_far();
            let whole = said.matches('\n').count() > number;
            let line = said.lines().nth(number).filter(|_| whole || is_over).map(str::to_owned);
            if line.is_some() || is_over { Ok(line) } else { Err(said) }
        })
    }

    /// Waits for its first so many lines.
    ///
    /// # Panics
    /// As [`Said::until`].
    #[track_caller]
    pub fn lines(&self, count: usize) -> Vec<String> {
        self.until_found("the first lines", |said| {
            let whole = said.matches('\n').count() >= count;
            whole.then(|| said.lines().take(count).map(str::to_owned).collect())
        })
    }

    /// Waits for what is found in all that it has said.
    ///
    /// # Panics
    /// As [`Said::until`].
    #[track_caller]
    pub fn until_found<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        until_found(what, || {
            // Asked first: what was said before the end is there once it has ended.
            let is_over = self.reader.is_finished();
            let said = self.so_far();
            let found = find(&said);
            assert!(found.is_some() || !is_over, "it ended before it came to this: {what}: {said}");
            found.ok_or(said)
        })
    }

    /// All that it said until it closed the stream.
    ///
    /// # Panics
    /// If it does not close it.
    #[track_caller]
    pub fn to_the_end(self) -> String {
        until("a program closes its stream", || self.reader.is_finished());
        self.so_far()
    }

    /// The same, as it was said.
    fn bytes(self) -> Vec<u8> {
        until("a program closes its stream", || self.reader.is_finished());
        self.text.lock().map(|text| text.clone()).unwrap_or_default()
    }
}

/// How a program ended, which is waited for; one that does not end is killed.
///
/// # Panics
/// If it does not end.
#[track_caller]
pub fn end_of(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is a child of ours") {
            return status;
        }
        if begun.elapsed() > WORK {
            let _ended = child.kill();
            let _reaped = child.wait();
            panic!("a program did not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What a program whose streams are piped says until it ends; its input ends here.
///
/// # Panics
/// As [`end_of`].
#[track_caller]
pub fn output_of(mut child: Child) -> Output {
    drop(child.stdin.take());
    let (stdout, stderr) = (child.stdout.take().map(|stream| Said::on(Some(stream))), child.stderr.take());
    let stderr = stderr.map(|stream| Said::on(Some(stream)));
    let status = end_of(&mut child);
    let all = |said: Option<Said>| said.map(Said::bytes).unwrap_or_default();
    Output { status, stdout: all(stdout), stderr: all(stderr) }
}
