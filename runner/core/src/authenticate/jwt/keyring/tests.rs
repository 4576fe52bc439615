//! When keys are fetched, by an issuer of the test and a clock that is wound.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};

use pace_ir::program::authentication::Algorithm;
use serde_json::json;

use super::*;

/// An issuer that answers as it is told, and counts.
#[derive(Default)]
struct Issuer {
    answers: Mutex<VecDeque<Result<(&'static str, u64), &'static str>>>,
    asked: AtomicU32,
}

impl Issuer {
    /// Answers these in turn, the last for ever: the id of its one key and for how many seconds it is fresh, or why there is none.
    fn new(answers: &[Result<(&'static str, u64), &'static str>]) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.iter().copied().collect()), asked: AtomicU32::new(0) })
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Fetch for Arc<Issuer> {
    async fn fetch(&self) -> Result<Fetched, String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(10)).await;
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        let (id, seconds) = answer.unwrap()?;
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": id, "x": x}]});
        let keys = KeySet::parse(set.to_string().as_bytes(), &[Algorithm::EdDsa].into())?;
        Ok(Fetched { keys, fresh_for: Duration::from_secs(seconds) })
    }
}

/// A keyring that is kept.
fn kept(issuer: &Arc<Issuer>) -> Arc<Keyring> {
    let keyring = Arc::new(Keyring::new(Times::default()));
    let (kept, issuer) = (Arc::clone(&keyring), Arc::clone(issuer));
    tokio::spawn(async move { kept.keep("https://id.example.com", &issuer).await });
    keyring
}

async fn find(keyring: &Keyring, id: &str) -> Result<usize, Missing> {
    keyring.find(Algorithm::EdDsa, Some(id)).await.map(|keys| keys.len())
}

async fn after(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn is_unknown(found: &Result<usize, Missing>) -> bool {
    matches!(found, Err(Missing::Keys { .. }))
}

#[tokio::test(start_paused = true)]
async fn the_first_request_waits_for_the_first_fetch() {
    let issuer = Issuer::new(&[Ok(("one", 600))]);
    let keyring = kept(&issuer);
    assert_eq!(keyring.unready().as_deref(), Some("they are being fetched"));
    tokio::task::yield_now().await;
    assert_eq!(find(&keyring, "one").await, Ok(1));
    assert_eq!((keyring.unready(), issuer.asked()), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_again_before_they_are_old_and_within_bounds() {
    for (said, at_once) in [(600, 480), (0, 48), (1_000_000, 2_880)] {
        let issuer = Issuer::new(&[Ok(("one", said))]);
        let keyring = kept(&issuer);
        after(at_once - 1).await;
        assert_eq!(issuer.asked(), 1, "{said}");
        after(2).await;
        assert_eq!((issuer.asked(), find(&keyring, "one").await), (2, Ok(1)), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_key_leads_to_one_fetch_in_a_while() {
    let issuer = Issuer::new(&[Ok(("one", 3_600)), Ok(("two", 3_600))]);
    let keyring = kept(&issuer);
    after(1).await;
    // So soon after the first, nothing is fetched.
    assert_eq!((find(&keyring, "two").await, issuer.asked()), (Err(Missing::Key), 1));
    after(10).await;
    // A thousand at once wait for the one that is made.
    let all = futures_util::future::join_all((0..1_000).map(|_| find(&keyring, "two"))).await;
    assert!(all.iter().all(|found| *found == Ok(1)), "{all:?}");
    assert_eq!(issuer.asked(), 2);
    for _ in 0..1_000 {
        assert_eq!(find(&keyring, "made up").await, Err(Missing::Key));
    }
    after(1).await;
    assert_eq!((find(&keyring, "made up").await, issuer.asked()), (Err(Missing::Key), 2));
    // Over a minute of them, one in ten seconds.
    for _ in 0..600 {
        assert_eq!(find(&keyring, "made up").await, Err(Missing::Key));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!((7..=9).contains(&issuer.asked()), "{}", issuer.asked());
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_down_at_the_start_is_asked_ever_more_slowly() {
    let issuer = Issuer::new(&[Err("down"), Err("down"), Err("down"), Ok(("one", 600))]);
    let keyring = kept(&issuer);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(keyring.unready().as_deref(), Some("down"));
    let found = find(&keyring, "one").await;
    assert!(is_unknown(&found), "{found:?}");
    assert_eq!(issuer.asked(), 1, "requests make no fetches of their own");
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!((keyring.unready(), find(&keyring, "one").await, issuer.asked()), (None, Ok(1), 4));
}

#[tokio::test(start_paused = true)]
async fn old_keys_count_for_a_while_when_the_issuer_goes_down() {
    let issuer = Issuer::new(&[Ok(("one", 600)), Err("down")]);
    let keyring = kept(&issuer);
    after(600 + 3_590).await;
    assert_eq!((find(&keyring, "one").await, keyring.unready()), (Ok(1), None));
    // A key that it may have made since is not called wrong.
    assert!(is_unknown(&find(&keyring, "new").await));
    let asked = issuer.asked();
    after(20).await;
    assert!(is_unknown(&find(&keyring, "one").await));
    assert_eq!(keyring.unready().as_deref(), Some("down"));
    assert!(issuer.asked() - asked <= 1, "{} after {asked}", issuer.asked());
}
