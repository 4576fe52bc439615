//! Whoever offers a trace never waits, and nothing that was taken is lost while the process lives.

use std::time::Duration;

use pace_state::{SinkSettings, TraceFilter, TraceSink};

use crate::support::{Stage, at, eventually, on_both, trace};

on_both!(everything_offered_is_stored_at_a_flush, what_does_not_fit_is_counted, a_dropped_sink_stores_what_it_took);

const LONG: Duration = Duration::from_mins(1);

async fn everything_offered_is_stored_at_a_flush(stage: Stage) {
    let store = stage.open().await;
    let sink = TraceSink::begin(store.clone(), SinkSettings { delay: LONG, batch: 7, ..SinkSettings::default() });
    for number in 0..100 {
        assert!(sink.offer((trace("a", "user:ann", at(number)), vec![1; 100])));
    }
    sink.flush(LONG).await.unwrap();
    let how = sink.state();
    assert_eq!((how.stored, how.dropped, how.waiting, how.failure), (100, 0, 0, None));
    assert_eq!(store.traces(&TraceFilter::default(), None, 1000).await.unwrap().rows.len(), 100);
    // Nothing to flush is no reason to wait.
    sink.flush(LONG).await.unwrap();
}

async fn what_does_not_fit_is_counted(stage: Stage) {
    let store = stage.open().await;
    let settings = SinkSettings { traces: 1000, bytes: 1000, batch: 1000, delay: LONG };
    let sink = TraceSink::begin(store.clone(), settings);
    // Larger than all that may wait, but alone.
    assert!(sink.offer((trace("a", "user:ann", at(0)), vec![0; 5000])));
    assert!(!sink.offer((trace("a", "user:ann", at(1)), vec![0; 1])));
    sink.flush(LONG).await.unwrap();
    for number in 0..15 {
        assert_eq!(sink.offer((trace("a", "user:ann", at(number)), vec![0; 100])), number < 10);
    }
    sink.flush(LONG).await.unwrap();
    let how = sink.state();
    assert_eq!((how.stored, how.dropped, how.crowded, how.waiting), (11, 6, 6, 0));
    let few = TraceSink::begin(store, SinkSettings { traces: 5, ..settings });
    let taken = (0..50).filter(|number| few.offer((trace("a", "user:ann", at(*number)), Vec::new()))).count();
    let how = few.state();
    assert_eq!(how.dropped + u64::try_from(taken).unwrap(), 50);
    assert!(how.dropped > 0);
}

async fn a_dropped_sink_stores_what_it_took(stage: Stage) {
    let store = stage.open().await;
    let sink =
        TraceSink::begin(store.clone(), SinkSettings { delay: Duration::from_millis(1), ..SinkSettings::default() });
    let other = sink.clone();
    for number in 0..10 {
        assert!(other.offer((trace("a", "user:ann", at(number)), Vec::new())));
    }
    drop((sink, other));
    let stored = async || store.traces(&TraceFilter::default(), None, 100).await.unwrap().rows.len() == 10;
    eventually("all of them are stored", stored).await;
}
