//! The templates, compiled in from `templates/`, so that starting a project needs nothing but the binary.

use clap::ValueEnum;

/// What a project can start with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// One agent
    Minimal,
    /// An agent with a tool of its own, in TypeScript
    Weather,
    /// An agent with the tools of an MCP server
    FileReader,
    /// Agents with recorded answers, and tools: a project that talks without a key
    Showcase,
    /// An agent that calls two others, one of which reads the web through an MCP server
    ResearchTeam,
    /// Three agents and a loop, with access lists, authentication, a model of your own, limits and lints
    Team,
}

/// A file of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TemplateFile {
    /// Relative to the project, with `/`.
    pub(crate) path: &'static str,
    /// What is in it.
    pub(crate) text: &'static str,
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
const WEATHER: &[TemplateFile] =
    template!("weather": "agents/weather/spec.yaml" "tools/lookup-weather.ts" "README.md" ".gitignore");
const FILE_READER: &[TemplateFile] = template!("file-reader": "agents/file-reader/spec.yaml" "mcp.lock" ".gitignore");
const SHOWCASE: &[TemplateFile] = template!("showcase":
    "agents/helper/spec.yaml"
    "agents/refunds/spec.yaml"
    "agents/triage/spec.yaml"
    "loops/morning.yaml"
    "tools/find-part.ts"
    "tools/book-repair.ts"
    "tools/give-discount.ts"
    "shop/parts.json"
    "servers/stock.mjs"
    "mcp.lock"
    "recordings/shop.json"
    "paceline.yaml"
    ".gitignore"
);
const RESEARCH_TEAM: &[TemplateFile] = template!("research-team":
    "agents/orchestrator/spec.yaml"
    "agents/researcher/spec.yaml"
    "agents/editor/spec.yaml"
    "mcp.lock"
    "paceline.yaml"
    ".gitignore"
);
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
    pub(crate) fn files(self) -> &'static [TemplateFile] {
        match self {
            Self::Minimal => MINIMAL,
            Self::Weather => WEATHER,
            Self::FileReader => FILE_READER,
            Self::Showcase => SHOWCASE,
            Self::ResearchTeam => RESEARCH_TEAM,
            Self::Team => TEAM,
        }
    }

    /// What an author types to start with it in `folder`.
    pub(crate) fn command(self, folder: &str) -> String {
        match self {
            Self::Minimal => format!("pace init {folder}"),
            Self::Weather => format!("pace init {folder} --template weather"),
            Self::FileReader => format!("pace init {folder} --template file-reader"),
            Self::Showcase => format!("pace init {folder} --template showcase"),
            Self::ResearchTeam => format!("pace init {folder} --template research-team"),
            Self::Team => format!("pace init {folder} --template team"),
        }
    }

    /// What an author types to talk to an agent of it, with a remark on what that needs.
    pub(crate) fn chat(self) -> &'static str {
        match self {
            Self::Minimal => {
                "pace chat helper    # needs GOOGLE_API_KEY; a key is free at https://aistudio.google.com/apikey"
            }
            Self::Weather => {
                "pace chat weather-bot    # needs GOOGLE_API_KEY; a key is free at https://aistudio.google.com/apikey"
            }
            Self::FileReader => {
                "pace chat file-reader    # needs node, npm and GOOGLE_API_KEY; a key is free at https://aistudio.google.com/apikey"
            }
            Self::Showcase => "pace chat helper    # its answers are recorded, so it needs no key",
            Self::ResearchTeam => {
                "pace chat orchestrator    # needs python, uv or pip, and GOOGLE_API_KEY; a key is free at https://aistudio.google.com/apikey"
            }
            Self::Team => {
                "pace chat triage --as group:support    # needs GOOGLE_API_KEY; a key is free at \
                 https://aistudio.google.com/apikey"
            }
        }
    }
}
