//! Lists of traces say what a filter means, in order, page by page, whatever comes in between.

use pace_state::{Cursor, Key, Readable, Store, Trace, TraceFilter, TraceStatus};

use crate::support::{Stage, at, key, on_both, trace};

on_both!(
    a_trace_comes_back_as_it_was,
    every_filter_finds_what_it_means,
    pages_neither_repeat_nor_skip,
    a_rare_trace_is_found_behind_many,
    trees_are_told_from_the_root,
    traces_are_found_by_how_their_ids_begin,
);

async fn a_trace_comes_back_as_it_was(stage: Stage) {
    let store = stage.open().await;
    let whole = Trace {
        parent: Some(key()),
        root: key(),
        loop_name: Some("daily".to_owned()),
        actors: r#"["serviceaccount:a"]"#.to_owned(),
        status: TraceStatus::Limited,
        error: Some("timeout".to_owned()),
        cost: Some(u64::from(u32::MAX)),
        denials: 3,
        ..trace("helper", "user:ann", at(1))
    };
    let plain = Trace { model: None, cost: None, ..trace("helper", "user:\0ann", at(2)) };
    let record = vec![0, 255, 1];
    store.insert_traces(&[(whole.clone(), record.clone()), (plain.clone(), Vec::new())]).await.unwrap();
    assert_eq!(store.trace(whole.id).await, Ok(Some((whole.clone(), record.clone()))));
    // PostgreSQL cannot keep the character, so nothing does.
    let plain = Trace { subject: "user:\u{fffd}ann".to_owned(), ..plain };
    assert_eq!(store.trace(plain.id).await, Ok(Some((plain, Vec::new()))));
    // Stored again, it stays as it is.
    let other = Trace { agent: "other".to_owned(), ..whole.clone() };
    store.insert_traces(&[(other, Vec::new())]).await.unwrap();
    assert_eq!(store.trace(whole.id).await, Ok(Some((whole.clone(), record))));
    assert_eq!(store.trace(key()).await, Ok(None));
    assert_eq!(stage.open_scope("shop", "staging").await.trace(whole.id).await, Ok(None));
}

async fn traces_are_found_by_how_their_ids_begin(stage: Stage) {
    let store = stage.open().await;
    let ids = [0x7ac2_u128 << 112, (0x7ac2 << 112) + 1, (0x7ac3 << 112) - 1, 0x7ac3 << 112, u128::MAX, 0].map(Key);
    let rows: Vec<_> =
        ids.iter().map(|id| (Trace { id: *id, root: *id, ..trace("a", "user:ann", at(1)) }, Vec::new())).collect();
    store.insert_traces(&rows).await.unwrap();
    let found = async |range, most| {
        store.traces_between(range, most).await.unwrap().iter().map(|trace| trace.id).collect::<Vec<_>>()
    };
    let alike = ids[0]..=Key((0x7ac3 << 112) - 1);
    assert_eq!(found(alike.clone(), 10).await, &ids[..3]);
    assert_eq!(found(alike.clone(), 2).await, &ids[..2]);
    assert_eq!(found(Key(u128::MAX - 5)..=Key(u128::MAX), 10).await, [ids[4]]);
    assert_eq!(stage.open_scope("shop", "staging").await.traces_between(alike, 10).await, Ok(Vec::new()));
}

/// Agents, loops, subjects and states in all combinations.
async fn many(store: &Store) -> Vec<Trace> {
    let statuses = [TraceStatus::Ok, TraceStatus::Ok, TraceStatus::Failed, TraceStatus::Denied, TraceStatus::Cancelled];
    let mut all = Vec::new();
    for number in 0..240_i64 {
        let pick = |length: usize, step: i64| usize::try_from(number / step).unwrap() % length;
        let mut one = trace(["a", "b", "c"][pick(3, 1)], ["user:ann", "user:bob"][pick(2, 3)], at(number / 4));
        one.loop_name = [None, None, Some("daily"), Some("hourly")][pick(4, 6)].map(str::to_owned);
        one.status = statuses[pick(5, 24)];
        // Calls of an invocation can be denied, too, however it ended.
        one.denials = u64::from(one.status == TraceStatus::Denied || number % 11 == 0);
        all.push(one);
    }
    let rows: Vec<_> = all.iter().map(|one| (one.clone(), b"record".to_vec())).collect();
    store.insert_traces(&rows).await.unwrap();
    all.sort_by_key(|one| std::cmp::Reverse((one.started, one.id)));
    all
}

/// Everything that a filter finds, in pages of a size.
async fn found(store: &Store, filter: &TraceFilter, most: u32) -> Vec<Key> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = store.traces(filter, after, most).await.unwrap();
        assert!(page.rows.len() <= most as usize);
        ids.extend(page.rows.iter().map(|one| one.id));
        let Some(next) = page.next else { return ids };
        // As it goes over the wire.
        after = Some(next.to_string().parse::<Cursor>().unwrap());
    }
}

fn means(filter: &TraceFilter, one: &Trace) -> bool {
    let is = |wanted: &Option<String>, value: Option<&str>| wanted.is_none() || wanted.as_deref() == value;
    let readable = filter.readable.as_ref().is_none_or(|readable| {
        readable.subject.as_deref() == Some(one.subject.as_str())
            || readable.agents.contains(&one.agent)
            || one.loop_name.as_ref().is_some_and(|name| readable.loops.contains(name))
    });
    is(&filter.agent, Some(&one.agent))
        && is(&filter.loop_name, one.loop_name.as_deref())
        && is(&filter.subject, Some(&one.subject))
        && filter.status.is_none_or(|status| match status {
            TraceStatus::Denied => one.denials > 0,
            status => status == one.status,
        })
        && filter.from.is_none_or(|from| one.started >= from)
        && filter.before.is_none_or(|before| one.started < before)
        && readable
}

async fn every_filter_finds_what_it_means(stage: Stage) {
    let store = stage.open().await;
    let all = many(&store).await;
    let text = |value: &str| Some(value.to_owned());
    let readables = [
        None,
        Some(Readable { subject: text("user:ann"), ..Readable::default() }),
        Some(Readable { subject: text("user:ann"), agents: vec!["b".to_owned()], loops: Vec::new() }),
        Some(Readable { agents: vec!["a".to_owned(), "b".to_owned(), "x".to_owned()], ..Readable::default() }),
        Some(Readable { loops: vec!["daily".to_owned()], ..Readable::default() }),
        Some(Readable { subject: text("user:bob"), agents: vec!["a".to_owned()], loops: vec!["hourly".to_owned()] }),
        Some(Readable::default()),
    ];
    let (mut filters, mut met) = (0, 0);
    for agent in [None, text("b")] {
        for loop_name in [None, text("daily")] {
            for subject in [None, text("user:ann"), text("user:bob")] {
                for status in [None, Some(TraceStatus::Ok), Some(TraceStatus::Denied)] {
                    for (from, before) in [(None, None), (Some(at(10)), None), (Some(at(10)), Some(at(40)))] {
                        for readable in &readables {
                            let (agent, loop_name, subject) = (agent.clone(), loop_name.clone(), subject.clone());
                            let readable = readable.clone();
                            let filter = TraceFilter { agent, loop_name, subject, status, from, before, readable };
                            let wanted: Vec<Key> =
                                all.iter().filter(|one| means(&filter, one)).map(|one| one.id).collect();
                            assert_eq!(found(&store, &filter, 50).await, wanted, "{filter:?}");
                            filters += 1;
                            met += usize::from(!wanted.is_empty());
                        }
                    }
                }
            }
        }
    }
    // Most find something, or the comparison says nothing.
    assert!(filters == 756 && met > 300, "{met}");
}

async fn pages_neither_repeat_nor_skip(stage: Stage) {
    let store = stage.open().await;
    let all = many(&store).await;
    let wanted: Vec<Key> = all.iter().map(|one| one.id).collect();
    for most in [1, 7, 240, 1000] {
        assert_eq!(found(&store, &TraceFilter::default(), most).await, wanted);
    }
    let first = store.traces(&TraceFilter::default(), None, 100).await.unwrap();
    // What comes in is newer than the rest of the list, even at the same moment as its first rows.
    store.insert_traces(&[(trace("a", "user:ann", at(1000)), Vec::new())]).await.unwrap();
    let second = store.traces(&TraceFilter::default(), first.next, 1000).await.unwrap();
    let both: Vec<Key> = first.rows.iter().chain(&second.rows).map(|one| one.id).collect();
    assert_eq!(both, wanted);
}

async fn a_rare_trace_is_found_behind_many(stage: Stage) {
    let store = stage.open().await;
    let rare = Trace { loop_name: Some("daily".to_owned()), ..trace("rare", "user:ann", at(0)) };
    store.insert_traces(&[(rare.clone(), Vec::new())]).await.unwrap();
    for batch in 0..5 {
        let rows = (0..1000).map(|one| (trace("usual", "user:ann", at(batch * 1000 + one)), Vec::new()));
        store.insert_traces(&rows.collect::<Vec<_>>()).await.unwrap();
    }
    // No index serves both, so the list ends early and says where it goes on.
    let both =
        TraceFilter { agent: Some("rare".to_owned()), subject: Some("user:ann".to_owned()), ..TraceFilter::default() };
    let page = store.traces(&both, None, 10).await.unwrap();
    assert!(page.rows.is_empty() && page.next.is_some(), "{page:?}");
    assert_eq!(found(&store, &both, 10).await, [rare.id]);
    // Here one does.
    let alone = TraceFilter { agent: Some("rare".to_owned()), ..TraceFilter::default() };
    let page = store.traces(&alone, None, 10).await.unwrap();
    assert_eq!((page.rows, page.next), (vec![rare], None));
}

async fn trees_are_told_from_the_root(stage: Stage) {
    let store = stage.open().await;
    let root = trace("lead", "user:ann", at(0));
    let child = Trace { parent: Some(root.id), root: root.id, ..trace("helper", "user:ann", at(1)) };
    let grandchild = Trace { parent: Some(child.id), root: root.id, ..trace("helper", "user:ann", at(2)) };
    let other = trace("lead", "user:ann", at(1));
    let rows = [&grandchild, &root, &other, &child].map(|one| (one.clone(), Vec::new()));
    store.insert_traces(&rows).await.unwrap();
    assert_eq!(store.traces_below(root.id, 10).await, Ok(vec![child.clone(), grandchild]));
    assert_eq!(store.traces_below(root.id, 1).await, Ok(vec![child]));
    assert_eq!(store.traces_below(other.id, 10).await, Ok(Vec::new()));
}
