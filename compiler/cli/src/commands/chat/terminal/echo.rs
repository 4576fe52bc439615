//! What is typed while an answer arrives is kept for the next prompt and not shown in the middle of the answer. However the
//! process ends, the terminal is left as it was found.

#[cfg(unix)]
pub(super) use unix::{Unseen, restore_when_ended};

#[cfg(unix)]
mod unix {
    use std::io::{Stdin, stdin};
    use std::sync::Arc;

    use pace_runner::Runner;
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
    use tokio::runtime::Runtime;
    use tokio::signal::unix::{SignalKind, signal};

    use crate::commands::chat::terminal::printer::print;
    use crate::state;

    /// As long as this lives, the terminal does not show what is typed; Ctrl-C is a signal as before.
    #[derive(Debug)]
    pub(in super::super) struct Unseen {
        terminal: Stdin,
        /// How the terminal was; nothing where it cannot be told, which does no harm.
        before: Option<Termios>,
    }

    impl Unseen {
        pub(in super::super) fn begin() -> Self {
            let terminal = stdin();
            let before = tcgetattr(&terminal).ok();
            if let Some(before) = &before {
                let mut unseen = before.clone();
                unseen.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
                let _shown_as_ever = tcsetattr(&terminal, OptionalActions::Now, &unseen);
            }
            Self { terminal, before }
        }
    }

    impl Drop for Unseen {
        fn drop(&mut self) {
            if let Some(before) = &self.before {
                // Only a terminal that is gone refuses.
                let _gone = tcsetattr(&self.terminal, OptionalActions::Now, before);
            }
        }
    }

    /// Restores the terminal when a signal ends the process, at the prompt too. The exit code is the one that shells make of
    /// a signal: 128 and its number.
    pub(in super::super) fn restore_when_ended(runtime: &Runtime, runner: &Arc<Runner>) {
        let terminal = stdin();
        let Ok(before) = tcgetattr(&terminal) else { return };
        for kind in [SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()] {
            let (before, runner) = (before.clone(), Arc::clone(runner));
            runtime.spawn(async move {
                // Where signals cannot be heard, they do what they always do.
                let Ok(mut signals) = signal(kind) else { return };
                if signals.recv().await.is_some() {
                    let _gone = tcsetattr(stdin(), OptionalActions::Now, &before);
                    print("\n");
                    // What was begun as a live write is finished, unless the signal comes again.
                    let finished = async {
                        runner.work().written().await;
                        // Nobody is left to be told.
                        let _lost = runner.state().end(state::STORED_WITHIN).await;
                    };
                    tokio::select! { () = finished => {}, _ = signals.recv() => {} }
                    end(128 + kind.as_raw_value());
                }
            });
        }
    }

    #[expect(
        clippy::exit,
        clippy::disallowed_methods,
        reason = "the thread at the prompt waits for a key, and nothing else ends it"
    )]
    fn end(code: i32) {
        std::process::exit(code);
    }
}

#[cfg(not(unix))]
pub(super) use other::{Unseen, restore_when_ended};

/// Where there are no signals, a console is restored by the system.
#[cfg(not(unix))]
mod other {
    /// Shows what is typed.
    #[derive(Debug)]
    pub(in super::super) struct Unseen;

    impl Unseen {
        pub(in super::super) fn begin() -> Self {
            Self
        }
    }

    pub(in super::super) fn restore_when_ended(_: &tokio::runtime::Runtime, _: &std::sync::Arc<pace_runner::Runner>) {}
}
