//! `pace chat` for people, in a real terminal.

use pace_tests::terminal::Terminal;
use pace_tests::{Project, binary};

use crate::project;

/// A terminal of 80 columns in which `pace chat helper` waits at its prompt.
fn chat(project: &Project, arguments: &str) -> Option<Terminal> {
    chat_in(project, arguments, 80)
}

fn chat_in(project: &Project, arguments: &str, columns: u16) -> Option<Terminal> {
    let terminal = Terminal::open(project.path(), columns, 40, &[("USER", "ann"), ("TERM", "screen")])?;
    let folder = binary("pace");
    terminal.run(&format!("clear; PATH={}:$PATH", folder.parent()?.display()));
    // What has a name is kept in the project.
    let place = if arguments.contains("--session") { "env -u PACE_STATE_DIR " } else { "" };
    terminal.run(&format!("clear; {place}pace chat helper {arguments}"));
    terminal.await_end("\nYou:");
    Some(terminal)
}

/// Leaves, and looks at the exit code.
#[track_caller]
fn left_with(terminal: &Terminal, code: i32) {
    terminal.await_end("\n$");
    terminal.run("echo code=$?");
    terminal.await_text(&format!("\ncode={code}"));
}

#[test]
fn it_looks_as_the_roadmap_has_it() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("What's the capital of France?");
    let screen = terminal.await_end("Paris.\n\nYou:");
    let looks = "🟢 helper (recorded)\n\nYou: What's the capital of France?\nhelper: Paris.\n\nYou:";
    assert!(screen.ends_with(looks), "{screen}");
    terminal.line("/quit");
    left_with(&terminal, 0);
}

#[test]
fn a_reply_is_shown_as_it_arrives_and_ctrl_c_cancels_it() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("What's the capital of France?");
    terminal.await_end("Paris.\n\nYou:");
    terminal.line("slow");
    terminal.await_text("helper: one");
    terminal.keys(&["C-c"]);
    // The message is an Up away, and the session is as it was.
    terminal.await_end("(cancelled)\n(Up brings your message back)\n\nYou:");
    terminal.keys(&["Up"]);
    terminal.await_end("\n\nYou: slow");
    terminal.keys(&["C-u"]);
    terminal.line("And of Spain?");
    terminal.await_end("helper: Madrid, too.\n\nYou:");
    terminal.keys(&["C-d"]);
    left_with(&terminal, 0);
}

#[test]
fn ctrl_c_twice_leaves() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    // What is typed is taken back first.
    terminal.text("abc");
    terminal.await_end("You: abc");
    terminal.keys(&["C-c"]);
    terminal.await_end("You: abc\nYou:");
    terminal.keys(&["C-c"]);
    terminal.await_end("(press Ctrl-C again to leave, or type /quit)\nYou:");
    terminal.line("fox");
    terminal.await_end("lazy dog.\n\nYou:");
    terminal.keys(&["C-c"]);
    terminal.await_end("lazy dog.\n\nYou:\n(press Ctrl-C again to leave, or type /quit)\nYou:");
    terminal.keys(&["C-c"]);
    left_with(&terminal, 130);
}

#[test]
fn a_failure_keeps_the_message_and_the_conversation() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("What's the capital of Frence?");
    terminal.await_text("\n  help: ");
    let screen = terminal.await_end("\n(Up brings your message back)\n\nYou:");
    assert!(screen.contains("\nerror: no recorded turn of `recorded`"), "{screen}");
    // The prompt is empty: what is typed next is not appended to anything.
    terminal.line("/help");
    terminal.await_text("\n  /quit ");
    terminal.keys(&["Up", "Up"]);
    terminal.await_end("\n\nYou: What's the capital of Frence?");
    terminal.keys(&["Left", "Left", "Left", "Left", "BSpace"]);
    terminal.line("a");
    terminal.await_end("helper: Paris.\n\nYou:");
}

#[test]
fn what_is_typed_during_an_answer_is_kept_for_the_next_prompt() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("later");
    terminal.await_text("helper: one");
    terminal.text("ahead");
    let screen = terminal.await_end("You: ahead");
    assert!(screen.ends_with("helper: one two three four\n\nYou: ahead"), "{screen}");
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    for message in ["slow", ""] {
        terminal.text("/exit");
        terminal.keys(&["Enter"]);
        left_with(&terminal, 0);
        terminal.run("clear; sh -c 'echo $$ > pid; exec pace chat helper'");
        terminal.await_end("(recorded)\n\nYou:");
        if message.is_empty() {
            terminal.text("at the prompt");
            terminal.await_end("You: at the prompt");
        } else {
            terminal.line(message);
            terminal.await_text("helper: one");
        }
        let process = std::fs::read_to_string(project.path().join("pid")).unwrap();
        std::process::Command::new("kill").args(["-TERM", process.trim()]).status().unwrap();
        // Seen, because the terminal shows again what is typed.
        terminal.await_end("\n$");
        terminal.run("echo code=$?");
        terminal.await_text("$ echo code=$?\ncode=143\n$");
        terminal.run("clear; pace chat helper");
        terminal.await_end("(recorded)\n\nYou:");
    }
}

#[test]
fn control_characters_in_a_reply_do_nothing() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("evil");
    let screen = terminal.await_end("next\n\nYou:");
    let shown = "helper: red \\u{1b}[31mtext\\u{1b}[2J\\u{7}\\u{9b}0m end\nnext\n\nYou:";
    assert!(screen.ends_with(shown), "{screen}");
}

#[test]
fn commands_begin_with_a_slash_and_messages_with_two() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("/help");
    let screen = terminal.await_end("goes on in the next one\n\nYou:");
    for command in ["/help", "/reset", "/quit", "//text", "Ctrl-C"] {
        assert!(screen.contains(&format!("\n  {command} ")), "{command}: {screen}");
    }
    terminal.line("/rset");
    terminal.await_text("error: there is no command `/rset`\n  help: did you mean `/reset`?");
    terminal.line("//etc/passwd");
    terminal.await_end("helper: A path.\n\nYou:");
    terminal.line("What's the capital of France?");
    terminal.await_end("Paris.\n\nYou:");
    terminal.line("/reset");
    terminal.await_end("(a new conversation begins)\n\nYou:");
    terminal.line("And of Spain?");
    terminal.await_end("helper: What of Spain?\n\nYou:");
    terminal.text("/q");
    terminal.keys(&["Tab", "Enter"]);
    left_with(&terminal, 0);
}

#[test]
fn a_message_may_have_several_lines() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("one\\");
    terminal.await_text("\n  …");
    terminal.line("two");
    terminal.await_end("helper: Two lines.\n\nYou:");
    terminal.paste("one\ntwo\n");
    terminal.await_end("You: one\ntwo");
    terminal.keys(&["Enter"]);
    terminal.await_end("helper: Two lines.\n\nYou:");
}

#[test]
fn what_was_typed_comes_back_in_the_next_conversation() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("one\\");
    terminal.line("two");
    terminal.await_end("helper: Two lines.\n\nYou:");
    terminal.line("fox");
    terminal.await_end("dog.\n\nYou:");
    terminal.keys(&["C-d"]);
    terminal.await_end("\n$");
    terminal.run("clear; pace chat helper");
    terminal.await_end("(recorded)\n\nYou:");
    terminal.keys(&["Up"]);
    terminal.await_end("You: fox");
    terminal.keys(&["Up"]);
    terminal.await_end("You: one\ntwo");
    terminal.keys(&["Enter"]);
    terminal.await_end("helper: Two lines.\n\nYou:");
}

#[test]
fn a_session_goes_on_from_the_pipe_into_the_terminal() {
    let project = project();
    crate::say(&project, &["chat", "helper", "--session", "tour"], "What's the capital of France?");
    let Some(terminal) = chat(&project, "--session tour") else { return };
    terminal.await_text("(session `tour` goes on after 1 turn)");
    terminal.line("And of Spain?");
    terminal.await_end("helper: Madrid, too.\n\nYou:");
    terminal.line("/reset");
    terminal.await_end("(session `tour` begins anew; what was said in it is forgotten)\n\nYou:");
    terminal.keys(&["C-d"]);
    left_with(&terminal, 0);
    let run = crate::say(&project, &["chat", "helper", "--session", "tour"], "And of Spain?");
    assert_eq!(run.out, "What of Spain?\n");
}

#[test]
fn tools_are_introduced_and_their_calls_get_a_line_each() {
    let project = crate::tools::project();
    let Some(terminal) = chat_in(&project, "", 140) else { return };
    let screen = terminal.await_end("\nYou:");
    let greeting = "🟢 helper (recorded)\n   tools: look (read, local), pay (write, local, stubbed)\n\nYou:";
    assert!(screen.ends_with(greeting), "{screen}");
    terminal.line("all");
    let screen = terminal.await_end("helper: Some of it.\n\nYou:");
    let first = "You: all
helper: Let me see.
  [calls look {\"city\":\"Rome\"}]
  [calls look {\"city\":\"none\"}]
  [calls look {\"cty\":\"Rome\"}]
  [calls lok {}]
  [look {\"cty\":\"Rome\"} was not called: Additional properties are not allowed ('cty' was unexpected); \"city\" is a required property]
  [would have called pay {\"amount\":3}]
  [`--live-writes` makes the calls of tools that write]
  [lok was not called: there is no tool `lok`; did you mean `look`?]
";
    assert!(screen.contains(first), "{screen}");
    // Which of the two that were made ends first is not said.
    for line in [
        "\n  [look {\"city\":\"Rome\"} info: looking at Rome]\n",
        "\n  [look {\"city\":\"none\"} info: looking at none]\n",
        "\n  [look {\"city\":\"none\"} failed: Error: no such city\\u{1b}[2J, at tools/look.ts:9]\n",
    ] {
        assert!(screen.contains(line), "{line}{screen}");
    }
    // The advice is given once.
    terminal.line("pay");
    let screen = terminal.await_end("helper: So it is.\n\nYou:");
    assert!(
        screen.ends_with("You: pay\n  [would have called pay {\"amount\":3}]\nhelper: So it is.\n\nYou:"),
        "{screen}"
    );
}

#[test]
fn a_live_write_is_finished_before_the_next_prompt() {
    let project = crate::tools::project();
    let Some(terminal) = chat(&project, "--live-writes 2> record") else { return };
    terminal.line("pay");
    terminal.await_end("[calls pay {\"amount\":3}]");
    let record = || std::fs::read_to_string(project.path().join("record")).unwrap();
    pace_tests::until("the write is on record", || record().contains("write-intent"));
    terminal.keys(&["C-c"]);
    terminal.await_text("(a write that was begun is finished first; Ctrl-C leaves it)");
    let screen = terminal.await_end("\nYou:");
    let end = "(cancelled)\n(a write that was begun is finished first; Ctrl-C leaves it)\n\
               (Up brings your message back)\n\nYou:";
    assert!(screen.ends_with(end), "{screen}");
    assert!(record().contains("write-outcome"), "{}", record());
    terminal.keys(&["C-d"]);
    left_with(&terminal, 0);
}

#[test]
fn calls_and_cuts_get_a_line_each() {
    let project = project();
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("tool");
    let screen = terminal.await_end("helper: It rains.\n\nYou:");
    assert!(screen.contains("You: tool\n  [calls get_weather {\"city\":\"Paris\"}]\n"), "{screen}");
    terminal.line("cut");
    terminal.await_end("helper: This is\n(the answer is cut: the model reached its longest output)\n\nYou:");
}

#[test]
fn data_is_shown_readable() {
    let project = project();
    project.write(
        "agents/helper/spec.yaml",
        "name: helper\nmodel: recorded\ndescription: You sort.\noutput: {type: object, required: [topic]}\n",
    );
    let Some(terminal) = chat(&project, "") else { return };
    terminal.line("sort");
    terminal.await_end("helper: {\n  \"topic\": \"bills\",\n  \"urgent\": true\n}\n\nYou:");
}

#[test]
fn a_narrow_terminal_will_do() {
    let project = project();
    let Some(terminal) = chat_in(&project, "", 24) else { return };
    terminal.line("What's the capital of France?");
    let screen = terminal.await_end("helper: Paris.\n\nYou:");
    assert!(screen.contains("You: What's the capital\nof France?\nhelper: Paris."), "{screen}");
    terminal.line("fox");
    terminal.await_end("helper: The quick brown\nfox jumps over the lazy\ndog.\n\nYou:");
    terminal.line("/rset");
    terminal
        .await_text("\n  help: did you mean\n        `/reset`?\n        to send it as a\n          message, begin\n");
}

#[test]
fn an_argument_of_json_reads_one_message() {
    let project = project();
    let Some(terminal) = Terminal::open(project.path(), 100, 40, &[("USER", "ann")]) else { return };
    terminal.run(&format!("{} chat helper --json", binary("pace").display()));
    terminal.await_text("type the message, and Ctrl-D on a line of its own");
    terminal.line("What's the capital of France?");
    terminal.keys(&["C-d"]);
    terminal.await_text("{\"response\":\"Paris.\"");
}
