//! The templates, compiled in from `templates/`, so that starting a project needs nothing but the binary.

use clap::ValueEnum;

/// What a project can start with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// One agent
    Minimal,
    /// Three agents and a loop, with access lists, authentication, a model of your own, limits and lints
    Team,
}

/// A file of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TemplateFile {
    /// Relative to the project, with `/`.
    pub(super) path: &'static str,
    /// What is in it.
    pub(super) text: &'static str,
}

macro_rules! template {
    ($folder:literal: $($path:literal)+) => {
        &[$(TemplateFile {
            path: $path,
            text: include_str!(concat!("../../../../../templates/", $folder, "/", $path)),
        }),+]
    };
}

/// In the order of reading: first what a project is made of, last what belongs to the tools around it.
const MINIMAL: &[TemplateFile] = template!("minimal": "agents/helper/spec.yaml" "paceline.yaml" ".gitignore");
const TEAM: &[TemplateFile] = template!("team":
    "agents/digest/spec.yaml"
    "agents/triage/spec.yaml"
    "agents/writer/spec.yaml"
    "loops/morning-digest.yaml"
    "paceline.yaml"
    ".gitignore"
);

impl Template {
    /// Its files.
    pub(super) fn files(self) -> &'static [TemplateFile] {
        match self {
            Self::Minimal => MINIMAL,
            Self::Team => TEAM,
        }
    }

    /// What an author types to start with it in `folder`.
    pub(super) fn command(self, folder: &str) -> String {
        match self {
            Self::Minimal => format!("pace init {folder}"),
            Self::Team => format!("pace init {folder} --template team"),
        }
    }
}
