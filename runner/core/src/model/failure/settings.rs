//! Which settings of an agent may be why a request was refused.

use pace_ir::program::Generation;

use crate::model::Request;

/// The settings that a request holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct Settings {
    has_generation: bool,
    has_output: bool,
}

impl Settings {
    pub(in crate::model) fn of(request: &Request<'_>) -> Self {
        Self { has_generation: *request.generation != Generation::default(), has_output: request.output.is_some() }
    }

    /// What to do about a refusal that says nothing else.
    pub(super) fn help(self) -> &'static str {
        match (self.has_generation, self.has_output) {
            (false, false) => "see what the service says",
            (true, false) => "check the agent's `generation`",
            (false, true) => "check the agent's `output`",
            (true, true) => "check the agent's `generation` and `output`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Images;

    #[test]
    fn only_what_is_set_is_to_be_checked() {
        let (none, some) = (Generation::default(), Generation { top_p: Some(0.5), ..Generation::default() });
        let schema = serde_json::json!({});
        let help = |generation, output| {
            Settings::of(&Request { system: "", messages: &[], tools: &[], generation, output, images: Images::Sent })
                .help()
        };
        assert_eq!(help(&none, None), "see what the service says");
        assert_eq!(help(&some, None), "check the agent's `generation`");
        assert_eq!(help(&none, Some(&schema)), "check the agent's `output`");
        assert_eq!(help(&some, Some(&schema)), "check the agent's `generation` and `output`");
    }
}
