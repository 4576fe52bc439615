//! One crafted file for each reason to refuse one. Apart from its fault each is sealed, so the fault alone is found.

use std::collections::BTreeMap;

use pace_ir::bundle::{codec, tool_module};
use pace_ir::program::authentication::{ClaimMapping, Jwt, Source};
use pace_ir::program::authorization::{AgentAccess, Credential};
use pace_ir::program::template::TemplatePart;
use pace_ir::program::tool::LocalTool;
use pace_ir::program::{
    Access, AgentName, Authentication, Bundle, Json, Principal, ProjectRole, ServiceAccountName, Template,
};
use pace_ir::{BundleId, Digest, Policy, RejectReason, verify};

use crate::draft::{Draft, Section};
use crate::sample::{self, FEATURES};
use crate::values;

pub(crate) struct Fixture {
    slug: &'static str,
    file: Vec<u8>,
    expect: Option<BundleId>,
}

fn fixture(slug: &'static str, file: Vec<u8>) -> Fixture {
    Fixture { slug, file, expect: None }
}

/// The sample, sealed after `change`.
fn changed(slug: &'static str, change: impl FnOnce(&mut Draft)) -> Fixture {
    let mut draft = Draft::of(&sample::bundle());
    change(&mut draft);
    fixture(slug, draft.seal())
}

/// The sample with another meaning, sealed.
pub(crate) fn meaning(slug: &'static str, change: impl FnOnce(&mut Bundle)) -> Fixture {
    let mut bundle = sample::bundle();
    change(&mut bundle);
    fixture(slug, Draft::of(&bundle).seal())
}

/// The sample with another frame in `LOCK`; content and raw length stay.
fn framed(slug: &'static str, change: impl FnOnce(&mut Vec<u8>)) -> Fixture {
    changed(slug, |draft| {
        let lock = section(draft, *b"LOCK");
        let mut frame = lock.frame();
        change(&mut frame);
        lock.stored = Some(frame);
    })
}

fn section(draft: &mut Draft, name: [u8; 4]) -> &mut Section {
    draft.sections.iter_mut().find(|section| section.name == name).unwrap()
}

fn fixtures() -> Vec<Fixture> {
    [header(), id(), layout(), frames(), sections(), encodings(), meanings(), values::fixtures()]
        .into_iter()
        .flatten()
        .collect()
}

fn header() -> Vec<Fixture> {
    vec![
        fixture("too-long", vec![0; (256 << 20) + 1]),
        fixture("too-short", sample::bundle().to_bytes().unwrap()[..63].to_vec()),
        changed("magic", |draft| draft.magic = *b"\x89PACE\n\x1a\0"),
        changed("container-version", |draft| draft.major = 2),
        changed("container-version", |draft| draft.major = 0),
        changed("container-version", |draft| draft.minor = 1),
        changed("reserved", |draft| draft.reserved = 1 << 63),
        changed("too-many-sections", |draft| draft.count = Some(65)),
        changed("table-cut", |draft| draft.count = Some(60)),
    ]
}

fn id() -> Vec<Fixture> {
    let other = BundleId::new(Digest::of(b"another"));
    vec![
        changed("id-mismatch", |draft| draft.id = Some([7; 32])),
        Fixture { expect: Some(other), ..changed("not-expected", |_| ()) },
    ]
}

fn layout() -> Vec<Fixture> {
    vec![
        changed("file-length", |draft| draft.length = Some(4096)),
        changed("section-name", |draft| section(draft, *b"TOOL").name = *b"TOOl"),
        changed("section-name", |draft| section(draft, *b"TOOL").name = *b"TO\0\n"),
        changed("section-flags", |draft| section(draft, *b"TOOL").flags = 0b11),
        changed("section-order", |draft| draft.sections.swap(2, 3)),
        changed("section-order", |draft| {
            let twice = section(draft, *b"META").clone();
            draft.sections.insert(3, twice);
        }),
        changed("section-offset", |draft| section(draft, *b"AUTH").offset = Some(1 << 20)),
        changed("section-offset", |draft| section(draft, *b"TOOL").offset = Some(u64::MAX)),
        changed("section-length", |draft| section(draft, *b"TOOL").stored_length = Some(1 << 20)),
        changed("section-length", |draft| section(draft, *b"TOOL").stored_length = Some(u64::MAX)),
        changed("padding", |draft| section(draft, *b"TOOL").padding = 1),
        changed("trailing", |draft| draft.tail = vec![0; 64]),
        fixture("trailing", Draft { tail: vec![0], ..Draft::new(Vec::new()) }.seal()),
        changed("stored-digest", |draft| section(draft, *b"LOCK").stored_digest = Some([7; 32])),
        // The bytes of an unknown section are covered like any other's.
        changed("stored-digest", |draft| {
            let unknown = Section { stored_digest: Some([7; 32]), ..Section::new(*b"ZZZZ", 0, vec![1]) };
            draft.sections.push(unknown);
        }),
    ]
}

fn frames() -> Vec<Fixture> {
    let skippable = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0];
    vec![
        changed("raw-length", |draft| section(draft, *b"LOCK").raw_length = Some((256 << 20) + 1)),
        changed("total-raw-length", |draft| {
            draft.sections.iter_mut().take(3).for_each(|section| section.raw_length = Some(256 << 20));
        }),
        framed("not-zstd", |frame| drop(frame.splice(..0, skippable))),
        framed("not-zstd", Vec::clear),
        // The flags in the descriptor: checksum, dictionary, the unused and the reserved bit.
        framed("frame-descriptor", |frame| frame[4] |= 0b0000_0100),
        framed("frame-descriptor", |frame| frame[4] |= 0b0000_0001),
        framed("frame-descriptor", |frame| frame[4] |= 0b0001_0000),
        framed("frame-descriptor", |frame| frame[4] |= 0b0000_1000),
        framed("content-size", |frame| frame[5] += 1),
        // A frame of the streaming interface, which announces no size.
        framed("content-size", |frame| *frame = zstd::stream::encode_all(&b"unsized"[..], 6).unwrap()),
        framed("frame-length", |frame| frame.push(0)),
        framed("frame-length", |frame| frame.extend(skippable)),
        framed("frame-length", |frame| {
            let second = frame.clone();
            frame.extend(second);
        }),
        framed("inflate", |frame| frame.truncate(frame.len() - 1)),
        // A block of the reserved type 3.
        framed("inflate", |frame| frame[6] |= 0b110),
        changed("raw-digest", |draft| section(draft, *b"LOCK").raw_digest = Some([7; 32])),
    ]
}

fn sections() -> Vec<Fixture> {
    vec![
        changed("unknown-required", |draft| draft.sections.push(Section::new(*b"ZZZZ", 1, vec![]))),
        changed("section-version", |draft| section(draft, *b"PROG").version = 2),
        changed("section-version", |draft| section(draft, *b"SBOM").version = 0),
        changed("section-need", |draft| section(draft, *b"PROG").flags = 0),
        changed("section-need", |draft| section(draft, *b"SBOM").flags = 1),
        changed("missing-section", |draft| drop(draft.sections.pop())),
        fixture("missing-section", Draft::new(Vec::new()).seal()),
    ]
}

fn encodings() -> Vec<Fixture> {
    vec![
        changed("decode", |draft| section(draft, *b"PROG").raw.truncate(40)),
        // A map that announces 2^40 entries.
        changed("decode", |draft| section(draft, *b"LOCK").raw = vec![253, 0, 0, 0, 0, 0, 1, 0, 0]),
        // An agent's name with a capital.
        changed("decode", |draft| {
            let raw = &mut section(draft, *b"PROG").raw;
            let at = raw.windows(6).position(|bytes| bytes == b"helper").unwrap();
            raw[at] = b'H';
        }),
        changed("left-over", |draft| section(draft, *b"META").raw.push(0)),
        // The number of inputs, 1, in the form for numbers up to 65,535.
        changed("not-canonical", |draft| drop(section(draft, *b"LOCK").raw.splice(..1, [251, 1, 0]))),
        changed("not-canonical", |draft| {
            let unsorted =
                BTreeMap::from([(1, ("b".to_owned(), Digest::of(b""))), (2, ("a".to_owned(), Digest::of(b"")))]);
            let values: Vec<_> = unsorted.into_values().collect();
            section(draft, *b"LOCK").raw = codec::encode(&values).unwrap();
        }),
    ]
}

fn meanings() -> Vec<Fixture> {
    vec![
        meaning("references", |bundle| bundle.program.models.clear()),
        meaning("references", |bundle| {
            bundle.blobs.insert(b"used by nothing".to_vec());
        }),
        meaning("references", |bundle| {
            bundle.blobs.blobs.values_mut().for_each(|bytes| bytes.push(0));
        }),
        account(|bundle, nobody| {
            bundle.auth.grants.values_mut().next().unwrap().insert(nobody, Access::Read);
        }),
        account(|bundle, nobody| {
            bundle.auth.project.insert((nobody, ProjectRole::Read));
        }),
        mapped(|jwt| &mut jwt.principal),
        mapped(|jwt| jwt.groups.as_mut().unwrap()),
        meaning("tool-abi", add_tool),
        meaning("unknown-feature", |bundle| {
            bundle.meta.required_features.insert("stdio:python".into());
        }),
        // No reader can check the module of a compiled tool for another engine, whatever it claims.
        meaning("unknown-feature", |bundle| {
            add_tool(bundle);
            bundle.meta.required_features.insert("tool-abi/2".into());
        }),
        wrapped("tool-module", |_| b"\0asm\x01\0\0\0".to_vec()),
        wrapped("tool-module", |module| [module, &[0, 1, 0]].concat()),
        wrapped("tool-module", |module| module.iter().map(|byte| byte ^ u8::from(*byte == 0x10)).collect()),
    ]
}

/// A compiled tool whose module was changed, and everything that names it with it.
fn wrapped(slug: &'static str, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Fixture {
    meaning(slug, |bundle| {
        add_tool(bundle);
        bundle.meta.required_features.insert("tool-abi/1".into());
        let tool = bundle.tools.local.values_mut().next().unwrap();
        let module = bundle.blobs.blobs.remove(&tool.module).unwrap();
        tool.module = bundle.blobs.insert(change(&module));
    })
}

/// A rule for an account that there is not.
fn account(change: impl FnOnce(&mut Bundle, Principal)) -> Fixture {
    meaning("references", |bundle| change(bundle, Principal::ServiceAccount("nobody".parse().unwrap())))
}

/// A claim that is mapped to an account that there is not.
fn mapped(mapping: impl Fn(&mut Jwt) -> &mut ClaimMapping) -> Fixture {
    meaning("references", |bundle| match &mut bundle.auth.authentication {
        Authentication::Sources(sources) => sources.iter_mut().for_each(|source| match source {
            Source::Jwt(jwt) => {
                mapping(jwt).service_accounts.insert("ci".into(), "nobody".parse().unwrap());
            }
            Source::Tokens(_) | Source::Header(_) => {}
        }),
        Authentication::Unset | Authentication::Nobody => unreachable!("the sample lists sources"),
    })
}

pub(crate) fn add_tool(bundle: &mut Bundle) {
    let tool = LocalTool {
        name: "add".parse().unwrap(),
        description: "Adds.".into(),
        parameters: Json("{}".into()),
        module: bundle.blobs.insert(tool_module::wrap(b"bytecode")),
        source: bundle.blobs.insert(b"export default 1".to_vec()),
    };
    bundle.tools.local.insert("tools/add".into(), tool);
    bundle.meta.engine = Some(Digest::of(b"engine"));
}

fn refusal(fixture: &Fixture) -> RejectReason {
    let features: Vec<&str> = FEATURES.iter().copied().chain(["tool-abi/1", "tool-abi/2"]).collect();
    let policy = Policy { expect: fixture.expect, features: &features };
    verify(&fixture.file, &policy).expect_err(fixture.slug)
}

#[test]
fn each_fault_is_refused_for_its_own_reason() {
    for fixture in fixtures() {
        let reason = refusal(&fixture);
        assert_eq!(reason.slug(), fixture.slug, "{reason}");
    }
}

#[test]
fn a_compiled_tool_in_its_wrapper_passes() {
    let mut bundle = sample::bundle();
    add_tool(&mut bundle);
    bundle.meta.required_features.insert("tool-abi/1".into());
    let features: Vec<&str> = FEATURES.iter().copied().chain(["tool-abi/1"]).collect();
    verify(&Draft::of(&bundle).seal(), &Policy { expect: None, features: &features }).unwrap();
    verify(&Draft::of(&bundle).seal(), &Policy { expect: None, features: FEATURES }).unwrap_err();
}

#[test]
fn every_reason_has_a_fixture_and_its_name_as_slug() {
    let mut covered: Vec<&str> = fixtures().iter().map(|fixture| fixture.slug).collect();
    covered.sort_unstable();
    covered.dedup();
    let mut stated = variants().iter().map(|name| kebab(name)).collect::<Vec<_>>();
    stated.sort_unstable();
    assert_eq!(covered, stated, "left: reasons with a fixture; right: variants of RejectReason");
}

#[test]
fn reasons_are_one_plain_sentence() {
    for fixture in fixtures() {
        let text = refusal(&fixture).to_string();
        assert!(text.starts_with(|first: char| first.is_lowercase()), "{text}");
        assert!(!text.ends_with('.') && !text.contains('\n') && !text.contains("  "), "{text}");
    }
}

/// Long and hidden names, wherever a refusal quotes one: none fills a screen or steers it.
#[test]
fn no_refusal_is_longer_than_a_few_lines() {
    let long = "\u{e0041}".repeat(1 << 20);
    let apart = || Template { parts: vec![TemplatePart::Literal(long.clone()), TemplatePart::Literal("b".into())] };
    let quoting = [
        meaning("references", |bundle| {
            bundle.program.agents.values_mut().for_each(|agent| agent.skills = vec![long.clone()]);
        }),
        meaning("values", |bundle| {
            let of_server = BTreeMap::from([(Principal::User("x".repeat(255)), Credential::Bearer(apart()))]);
            bundle.auth.credentials = BTreeMap::from([(long.clone(), of_server)]);
        }),
        meaning("values", |bundle| {
            let agent = bundle.program.agents.values_mut().next().unwrap();
            agent.generation.top_p = Some(f64::MAX);
        }),
        meaning("tool-abi", |bundle| {
            add_tool(bundle);
            let tool = bundle.tools.local.pop_first().unwrap().1;
            bundle.tools.local.insert(long.clone(), tool);
        }),
        meaning("unknown-feature", |bundle| {
            bundle.meta.required_features.insert(long.clone());
        }),
        changed("decode", |draft| {
            let raw = codec::encode(&sample::bundle().program).unwrap();
            let at = raw.windows(13).position(|bytes| bytes == b"Europe/Berlin").unwrap() - 1;
            let zone = codec::encode(&"E/".repeat(1 << 20)).unwrap();
            section(draft, *b"PROG").raw = [&raw[..at], &zone, &raw[at + 14..]].concat();
        }),
    ];
    for fixture in quoting {
        let reason = refusal(&fixture);
        let text = reason.to_string();
        assert_eq!(reason.slug(), fixture.slug, "{text}");
        assert!(text.chars().count() < 1_000, "{} characters: {text}", text.chars().count());
        assert!(!text.chars().any(pace_ir::text::is_invisible), "{text}");
    }
}

/// Each agent's account is looked up, not looked for: with a scan this takes minutes.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test is about time")]
fn many_agents_verify_in_no_time() {
    let mut bundle = sample::bundle();
    let helper = bundle.program.agents.values().next_back().unwrap().clone();
    for number in 0..100_000 {
        let name: AgentName = format!("a{number}").parse().unwrap();
        bundle.auth.agents.insert(name.clone(), AgentAccess { run_as: ServiceAccountName::from(&name), acl: None });
        bundle.program.agents.insert(name, helper.clone());
    }
    let started = std::time::Instant::now();
    bundle.check_references().unwrap();
    bundle.check_values().unwrap();
    assert!(started.elapsed().as_secs() < 60, "took {:?}", started.elapsed());
}

#[test]
fn the_version_names_both_sides() {
    let newer = changed("container-version", |draft| draft.major = 2);
    assert_eq!(
        refusal(&newer).to_string(),
        "this bundle is container version 2.0; this reader knows 1.0 and lower minor versions; update the reader, or \
         build again with the version of `pace` it comes with"
    );
}

/// `FORMAT.md` lists every reason, in the order of the duties, as the source does.
#[test]
fn the_format_lists_every_reason_in_order() {
    let format = include_str!("../../FORMAT.md");
    let (_, duties) = format.split_once("## A reader's duties").unwrap();
    let (duties, _) = duties.split_once("\n## ").unwrap();
    let rows = duties.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix("` |"));
    let listed: Vec<&str> = rows.filter_map(|row| row.rsplit_once('`')).map(|(_, slug)| slug).collect();
    let stated: Vec<String> = variants().iter().map(|name| kebab(name)).collect();
    assert_eq!(listed, stated, "left: FORMAT.md; right: variants of RejectReason");
}

/// The variants of `RejectReason`, read from its source: a list in the code could forget one.
fn variants() -> Vec<String> {
    let file = syn::parse_file(include_str!("../../src/bundle/reject.rs")).unwrap();
    let is_reasons = |item: syn::Item| match item {
        syn::Item::Enum(reasons) if reasons.ident == "RejectReason" => Some(reasons),
        _ => None,
    };
    let reasons = file.items.into_iter().find_map(is_reasons).unwrap();
    reasons.variants.into_iter().map(|variant| variant.ident.to_string()).collect()
}

fn kebab(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(letter.to_lowercase());
    }
    slug
}
