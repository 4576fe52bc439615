//! The formats besides the one that is stored: each must hold every message of a failing case, and be what it claims to be.

use serde_json::Value;

use crate::messages::Messages;
use crate::project::Ran;

/// The arguments of a case, printing in another format than its own.
pub(crate) fn with_format(arguments: &[String], format: &str) -> Vec<String> {
    let mut changed = Vec::new();
    let mut skip = false;
    for argument in arguments {
        if !skip && argument != "--message-format" {
            changed.push(argument.clone());
        }
        skip = argument == "--message-format";
    }
    changed.extend(["--message-format".to_owned(), format.to_owned()]);
    changed
}

/// What is missing in the output of one format.
pub(crate) fn judge(format: &str, ran: &Ran, messages: &Messages) -> Vec<String> {
    let has: Box<dyn Fn(&str) -> bool> = match format {
        // The short format breaks long lines.
        "short" => Box::new(|text| unbroken(&ran.stderr).contains(&unbroken(text))),
        "github" => {
            let commands = ran.stdout.lines().filter(|line| line.starts_with("::")).count();
            if commands != messages.diagnostics.len() {
                return vec![format!("github: {commands} commands for {} diagnostics", messages.diagnostics.len())];
            }
            Box::new(|text| ran.stdout.contains(&text.replace('%', "%25")))
        }
        _ => match results(&ran.stdout) {
            Ok(results) => Box::new(move |text| results.iter().any(|result| result.contains(text))),
            Err(why) => return vec![why],
        },
    };
    let missing = messages.diagnostics.iter().filter(|message| !has(&message.text));
    missing.map(|message| format!("{format}: does not say `{}`", message.text)).collect()
}

fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The messages of a SARIF log.
fn results(stdout: &str) -> Result<Vec<String>, String> {
    let log: Value = serde_json::from_str(stdout).map_err(|error| format!("sarif: no JSON: {error}"))?;
    let results = log["runs"][0]["results"].as_array().ok_or("sarif: no results")?;
    Ok(results.iter().filter_map(|result| result["message"]["text"].as_str().map(str::to_owned)).collect())
}
