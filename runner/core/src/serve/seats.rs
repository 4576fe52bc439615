//! The places for connections: how many there are, who has them, and who leaves when somebody new comes and all are taken.
//! That is the connection that has waited longest for a request, as nginx does it: an idle one costs its client a new
//! connection at most, and a server whose places are all idle is no server.
//!
//! A request costs a place a few atomic writes; nothing looks through all places but whoever finds them taken.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Instant;

use tokio::sync::Notify;

/// All places of a server.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    begun: Instant,
    taken: Mutex<Taken>,
    /// Somebody waits for a place.
    is_wanted: AtomicBool,
    /// A place was given back, or one might be now that somebody waits.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    /// By the order in which they came.
    seats: BTreeMap<u64, Arc<Seat>>,
    next: u64,
    /// What those are told that come.
    notice: Notice,
    /// Those that waited when all were last looked through, the first to leave at the end.
    waiting: Vec<(Wait, Reverse<u64>)>,
}

/// How long a connection has waited for a request, and whether any of it has come; the greatest leaves first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Wait {
    is_silent: bool,
    since: Reverse<u64>,
}

/// A connection's place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    seats: Arc<Seats>,
    seat: Arc<Seat>,
    number: u64,
}

/// A connection as the others see it.
#[derive(Debug)]
struct Seat {
    stage: AtomicU8,
    /// When it began to wait for a request, microseconds after the server began.
    since: AtomicU64,
    /// Requests begun.
    requests: AtomicU32,
    /// Requests that are served, their answers included; over one where the connection has several at once.
    serving: AtomicU32,
    notice: AtomicU8,
    /// Who is to hear of a notice.
    waker: Mutex<Option<Waker>>,
}

/// What a connection is at while no request is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It waits for a request.
    Silent = 0,
    /// A part of a request's head has come.
    Head = 1,
}

/// What a connection is told; each holds until a greater one comes, but for [`Notice::MakeRoom`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u8)]
pub(super) enum Notice {
    /// Nothing.
    #[default]
    None = 0,
    /// Somebody new needs the place: close if no request is served.
    MakeRoom = 1,
    /// The server ends: close when nothing is served; but not if there was no request yet.
    Idle = 2,
    /// The same, also if there was no request yet.
    Fresh = 3,
    /// Close, whatever it does.
    All = 4,
}

impl Seats {
    /// So many places.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            begun: Instant::now(),
            taken: Mutex::default(),
            is_wanted: AtomicBool::new(false),
            changed: Notify::new(),
        })
    }

    /// A place, if one is free.
    pub(super) fn try_take(self: &Arc<Self>) -> Option<Place> {
        let mut taken = self.lock();
        if taken.seats.len() >= self.most {
            return None;
        }
        let seat = Arc::new(Seat {
            stage: AtomicU8::new(Stage::Silent as u8),
            since: AtomicU64::new(self.now()),
            requests: AtomicU32::new(0),
            serving: AtomicU32::new(0),
            notice: AtomicU8::new(taken.notice as u8),
            waker: Mutex::new(None),
        });
        let number = taken.next;
        taken.next += 1;
        taken.seats.insert(number, Arc::clone(&seat));
        drop(taken);
        Some(Place { seats: Arc::clone(self), seat, number })
    }

    /// A place; where none is free, the connection that has waited longest leaves for it. Waits while all are served. To be
    /// called by one task only.
    pub(super) async fn take(self: &Arc<Self>) -> Place {
        let mut asked: Option<Arc<Seat>> = None;
        loop {
            // Registered before the places are looked at, so that no change after that is missed.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(place) = self.try_take() {
                self.is_wanted.store(false, Ordering::SeqCst);
                return place;
            }
            self.is_wanted.store(true, Ordering::SeqCst);
            let is_pending = |seat: &Arc<Seat>| seat.notice.load(Ordering::SeqCst) == Notice::MakeRoom as u8;
            if !asked.as_ref().is_some_and(is_pending) {
                asked = self.lock().longest_waiting();
                if let Some(seat) = &asked {
                    seat.tell(Notice::MakeRoom);
                }
            }
            changed.await;
        }
    }

    /// Tells all connections, and all that come.
    pub(super) fn tell(&self, notice: Notice) {
        let mut taken = self.lock();
        taken.notice = notice;
        let seats: Vec<_> = taken.seats.values().cloned().collect();
        drop(taken);
        for seat in seats {
            seat.tell(notice);
        }
    }

    /// Ready when no place is taken any more.
    pub(super) async fn empty(&self) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.lock().seats.is_empty() {
                return;
            }
            changed.await;
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// The connection that is to leave: of those that wait in silence the longest, or else of those whose head is on its way.
    /// None while a request is served on each.
    fn longest_waiting(&mut self) -> Option<Arc<Seat>> {
        if let Some(seat) = self.next_waiting() {
            return Some(seat);
        }
        self.waiting = self.seats.iter().filter_map(|(number, seat)| Some((seat.wait()?, Reverse(*number)))).collect();
        self.waiting.sort_unstable();
        self.next_waiting()
    }

    /// The next of those that waited when all were looked through, and have waited ever since.
    fn next_waiting(&mut self) -> Option<Arc<Seat>> {
        while let Some((wait, Reverse(number))) = self.waiting.pop() {
            let seat = self.seats.get(&number).filter(|seat| seat.wait() == Some(wait));
            if let Some(seat) = seat {
                return Some(Arc::clone(seat));
            }
        }
        None
    }
}

impl Seat {
    fn tell(&self, notice: Notice) {
        self.notice.fetch_max(notice as u8, Ordering::SeqCst);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// How long it has waited for a request, if it does.
    fn wait(&self) -> Option<Wait> {
        let stage = self.stage.load(Ordering::SeqCst);
        let since = Reverse(self.since.load(Ordering::SeqCst));
        (self.serving.load(Ordering::SeqCst) == 0).then_some(Wait { is_silent: stage == Stage::Silent as u8, since })
    }
}

impl Place {
    /// Bytes have come, and no request is served.
    pub(super) fn heard(&self) {
        self.seat.stage.store(Stage::Head as u8, Ordering::Relaxed);
    }

    /// A request begins.
    pub(super) fn begin(&self) {
        self.seat.serving.fetch_add(1, Ordering::SeqCst);
        self.seat.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Its answer has been handed over.
    pub(super) fn end(&self) {
        self.seat.since.store(self.seats.now(), Ordering::Relaxed);
        self.seat.stage.store(Stage::Silent as u8, Ordering::Relaxed);
        // In one order with what the one that waits for a place writes and reads: either it sees this, or this sees that it
        // waits.
        self.seat.serving.fetch_sub(1, Ordering::SeqCst);
        if self.seats.is_wanted.load(Ordering::SeqCst) {
            self.seats.changed.notify_one();
        }
    }

    /// Whether a request is served.
    pub(super) fn is_serving(&self) -> bool {
        self.seat.serving.load(Ordering::SeqCst) > 0
    }

    /// Whether there was no request yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.seat.requests.load(Ordering::Relaxed) == 0
    }

    /// Whom to wake for a notice.
    pub(super) fn listen(&self, context: &Context<'_>) {
        let mut waker = self.seat.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            *waker = Some(context.waker().clone());
        }
    }

    /// What the connection was told last.
    pub(super) fn notice(&self) -> Notice {
        match self.seat.notice.load(Ordering::SeqCst) {
            0 => Notice::None,
            1 => Notice::MakeRoom,
            2 => Notice::Idle,
            3 => Notice::Fresh,
            _ => Notice::All,
        }
    }

    /// Stays where room was asked for: a request has come.
    pub(super) fn stay(&self) {
        let (asked, nothing) = (Notice::MakeRoom as u8, Notice::None as u8);
        if self.seat.notice.compare_exchange(asked, nothing, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.seats.changed.notify_one();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.seats.lock().seats.remove(&self.number);
        self.seats.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Whether a place is had, and what the taken ones are told for it.
    async fn asks(seats: &Arc<Seats>, taken: &[&Place]) -> (bool, Vec<Notice>) {
        let is_had = tokio::time::timeout(Duration::from_millis(20), seats.take()).await.is_ok();
        (is_had, taken.iter().map(|place| place.notice()).collect())
    }

    /// A place whose connection began to wait at this moment.
    fn since(seats: &Arc<Seats>, moment: u64) -> Place {
        let place = seats.try_take().unwrap();
        place.seat.since.store(moment, Ordering::SeqCst);
        place
    }

    #[tokio::test]
    async fn whoever_has_waited_longest_makes_room() {
        use Notice::{MakeRoom, None};
        let seats = Seats::new(4);
        let (older, oldest, head, serving) = (since(&seats, 7), since(&seats, 5), since(&seats, 1), since(&seats, 0));
        head.heard();
        serving.begin();
        assert!(seats.try_take().is_none());
        let all = [&older, &oldest, &head, &serving];
        assert_eq!(asks(&seats, &all).await, (false, vec![None, MakeRoom, None, None]));
        // Its request came at that moment: it stays, and the next one is asked.
        oldest.begin();
        oldest.stay();
        assert_eq!(asks(&seats, &all).await, (false, vec![MakeRoom, None, None, None]));
        older.begin();
        older.stay();
        // Only now one whose head is on its way.
        assert_eq!(asks(&seats, &all).await, (false, vec![None, None, MakeRoom, None]));
        drop(head);
        assert!(asks(&seats, &[]).await.0);
    }

    #[tokio::test]
    async fn while_all_are_served_it_waits_for_the_first_that_is_not() {
        let seats = Seats::new(2);
        let (first, second) = (seats.try_take().unwrap(), seats.try_take().unwrap());
        first.begin();
        second.begin();
        assert_eq!(asks(&seats, &[&first, &second]).await, (false, vec![Notice::None; 2]));
        let end = async {
            tokio::task::yield_now().await;
            second.end();
            while second.notice() != Notice::MakeRoom {
                tokio::task::yield_now().await;
            }
            drop(second);
        };
        let (place, ()) = tokio::join!(seats.take(), end);
        assert!(place.is_fresh() && first.notice() == Notice::None);
    }

    #[tokio::test]
    async fn what_all_are_told_holds_for_those_who_come() {
        let seats = Seats::new(2);
        let before = seats.try_take().unwrap();
        seats.tell(Notice::Idle);
        let after = seats.try_take().unwrap();
        assert_eq!((before.notice(), after.notice()), (Notice::Idle, Notice::Idle));
        // A later notice that is less does not take it back.
        before.seat.tell(Notice::MakeRoom);
        before.stay();
        assert_eq!(before.notice(), Notice::Idle);
        let leave = async {
            tokio::task::yield_now().await;
            drop((before, after));
        };
        tokio::join!(seats.empty(), leave);
    }
}
