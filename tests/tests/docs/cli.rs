//! `docs/reference/cli.md`: the help of every command. Options that go with every command of `pace` stand once.

use std::fmt::Write as _;

use crate::binaries::print;

const OPENING: &str = "# Command line

Made from `--help` of `pace` and `pace-runner`. [Exit codes](exit-codes.md) and [message formats](formats.md) have pages of
their own.
";

/// The page.
pub(crate) fn page() -> String {
    let help = print("pace", &["--help"]);
    let mut page = format!("{OPENING}\n## pace\n\n{}", block(&help));
    for command in commands(&help) {
        below(&mut page, &[command], &help);
    }
    let help = print("pace-runner", &["--help"]);
    write!(page, "\n## pace-runner\n\n{}", block(&help)).unwrap();
    for command in commands(&help) {
        write!(page, "\n## pace-runner {command}\n\n{}", block(&print("pace-runner", &[command, "--help"]))).unwrap();
    }
    page
}

/// A command, and those below it.
fn below(page: &mut String, path: &[&str], common: &str) {
    let help = print("pace", &[path, &["--help"]].concat());
    write!(page, "\n## pace {}\n\n{}", path.join(" "), block(&own_options(&help, common))).unwrap();
    for command in commands(&help) {
        below(page, &[path, &[command]].concat(), common);
    }
}

fn block(help: &str) -> String {
    format!("```text\n{}\n```\n", help.trim_end())
}

/// The names under `Commands:`, if there are any.
fn commands(help: &str) -> Vec<&str> {
    let rest = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
    let lines = rest.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().next().expect("a name")).collect()
}

/// The help of a command without the options that are also in the `common` one.
fn own_options(help: &str, common: &str) -> String {
    let shared = options(common);
    let (before, _) = help.split_once("\nOptions:\n").expect("options");
    let own: Vec<_> = options(help).into_iter().filter(|option| !shared.contains(option)).collect();
    match own.as_slice() {
        [] => before.to_owned(),
        _ => format!("{before}\nOptions:\n{}", own.join("\n")),
    }
}

/// The options, each with all of its lines. An option starts with a dash, two or six columns in.
fn options(help: &str) -> Vec<String> {
    let (_, rest) = help.split_once("\nOptions:\n").expect("options");
    let mut options: Vec<String> = Vec::new();
    for line in rest.lines() {
        let depth = line.len() - line.trim_start().len();
        if depth < 10 && line.trim_start().starts_with('-') {
            options.push(String::new());
        }
        let option = options.last_mut().expect("an option starts the list");
        writeln!(option, "{line}").unwrap();
    }
    options.iter().map(|option| format!("{}\n", option.trim_end())).collect()
}

#[test]
fn only_own_options_are_kept() {
    let common = "About\n\nOptions:\n  -q, --quiet\n          Less\n\n  -h, --help\n          Help\n";
    let help = "Run\n\nOptions:\n      --own\n          Own\n\n          - a: b\n\n  -q, --quiet\n          Less\n\n  -h, --help\n          Help\n";
    assert_eq!(own_options(help, common), "Run\n\nOptions:\n      --own\n          Own\n\n          - a: b\n");
    assert_eq!(own_options(common, common), "About\n");
    assert_eq!(commands("x\n\nCommands:\n  init   Start\n  who-can  Ask\n\nOptions:\n"), ["init", "who-can"]);
}
