//! What one call leaves behind: nothing.

use pace_sandbox::Call;

use crate::support::{call, module, run, tool, with_secrets};

#[tokio::test(flavor = "multi_thread")]
async fn top_level_state_is_new_in_each_call() {
    let counter = module(
        "let n = 0; const ids = []; globalThis.shared ??= 0; \
         export default { execute: () => { n++; globalThis.shared++; ids.push(crypto.randomUUID()); \
         Object.prototype.polluted = (Object.prototype.polluted ?? 0) + 1; return [n, shared, ids.length, {}.polluted]; } };",
    );
    for _ in 0..20 {
        assert_eq!(counter.call(call()).await.unwrap(), "[1,1,1,1]");
    }
    assert_eq!(run("return [typeof shared, {}.polluted ?? null]").await.unwrap(), r#"["undefined",null]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_principals_never_see_each_other() {
    let keeper = module(
        "const seen = []; export default { execute: async (args, { env }) => { seen.push(env.TOKEN); \
         await new Promise((resolve) => setTimeout(resolve, 5)); return [seen.length, env.TOKEN === args.mine, Object.keys(env)]; } };",
    );
    let calls = (0..40).map(|number| {
        let (keeper, token) = (keeper.clone(), format!("token-{number}"));
        let mut one = with_secrets(&[("TOKEN", &token)]);
        // The secret itself would be redacted: the tool compares.
        one.arguments = format!(r#"{{"mine":"{token}"}}"#);
        tokio::spawn(async move { keeper.call(one).await })
    });
    for one in calls.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap().unwrap(), r#"[1,true,["TOKEN"]]"#);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chance_differs_from_call_to_call() {
    let random = tool("return [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(8))]];");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..50 {
        assert!(seen.insert(random.call(call()).await.unwrap()));
    }
    let both = module("const first = Math.random(); export default { execute: () => first };");
    assert_ne!(both.call(call()).await.unwrap(), both.call(call()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn env_is_what_was_granted_and_nothing_else() {
    let shows = tool("return [env, context.env === env, typeof process, Object.isFrozen(env)];");
    assert_eq!(shows.call(call()).await.unwrap(), r#"[{},true,"undefined",true]"#);
    let env = [("UNITS".to_owned(), "metric".to_owned())].into();
    assert_eq!(shows.call(Call { env, ..call() }).await.unwrap(), r#"[{"UNITS":"metric"},true,"undefined",true]"#);
    // What the engine's own prelude was given is not to be had.
    let reaches = "return [typeof __host, typeof Javy, Object.keys(globalThis).filter((k) => k.startsWith('_'))];";
    assert_eq!(run(reaches).await.unwrap(), r#"["undefined","undefined",[]]"#);
}
