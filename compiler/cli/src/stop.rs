//! Being told to stop while something is finished that must not be cut off.

#[cfg(unix)]
pub(crate) use unix::Stop;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// The signals that ask a command to end. From its making on they do nothing by themselves.
    #[derive(Debug)]
    pub(crate) struct Stop(Option<[Signal; 3]>);

    impl Stop {
        /// Listens from now on. Needs a runtime.
        pub(crate) fn listen() -> Self {
            match [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal) {
                [Ok(interrupt), Ok(terminate), Ok(hangup)] => Self(Some([interrupt, terminate, hangup])),
                // The system gives no signals; nothing can be heard then.
                _ => Self(None),
            }
        }

        /// Ready when somebody wants it to end; again for the next time.
        pub(crate) async fn told(&mut self) {
            let Some([interrupt, terminate, hangup]) = &mut self.0 else { return std::future::pending().await };
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hangup.recv() => {} }
        }
    }
}

#[cfg(not(unix))]
pub(crate) use other::Stop;

#[cfg(not(unix))]
mod other {
    /// Ctrl-C.
    #[derive(Debug)]
    pub(crate) struct Stop;

    impl Stop {
        pub(crate) fn listen() -> Self {
            Self
        }

        pub(crate) async fn told(&mut self) {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending().await
            }
        }
    }
}
