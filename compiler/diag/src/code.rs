//! The registry of rules. A code is `P` and four digits, grouped by subject and never by pass, because checks move
//! between passes; it is never reused. Each has a page, `errors/<id>.md`, printed by `pace explain`.

/// A rule that can speak.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `P0201`.
    pub id: &'static str,
    /// The name used under `lints:` and in SARIF: `unknown-model`.
    pub slug: &'static str,
    /// Whether an author may turn it off.
    pub kind: Kind,
    /// The page, Markdown.
    pub page: &'static str,
}

/// Whether an author may disagree with a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Has to be fixed.
    Error,
    /// Has a level, set under `lints:` in `paceline.yaml`.
    Lint(Level),
}

/// How loud a lint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Silent.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    Deny,
}

macro_rules! codes {
    ($($name:ident $id:literal $slug:literal $kind:expr;)*) => {
        $(
            #[doc = concat!("`", $id, "`, `", $slug, "`.")]
            pub static $name: Code = Code {
                id: $id,
                slug: $slug,
                kind: $kind,
                page: include_str!(concat!("../errors/", $id, ".md")),
            };
        )*

        /// Every rule, by id.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

const ALLOW: Kind = Kind::Lint(Level::Allow);
const WARN: Kind = Kind::Lint(Level::Warn);
const DENY: Kind = Kind::Lint(Level::Deny);
const ERROR: Kind = Kind::Error;

codes! {
    UNKNOWN_KEY "P0101" "unknown-key" ERROR;
    MISSING_KEY "P0102" "missing-key" ERROR;
    WRONG_TYPE "P0103" "wrong-type" ERROR;
    DUPLICATE_KEY "P0104" "duplicate-key" ERROR;
    MALFORMED_NAME "P0105" "malformed-name" ERROR;
    DUPLICATE_NAME "P0106" "duplicate-name" ERROR;
    VALUE_NOT_ALLOWED "P0107" "value-not-allowed" ERROR;
    YAML_SYNTAX "P0108" "yaml-syntax" ERROR;
    NOT_UTF8 "P0109" "not-utf8" ERROR;
    SEVERAL_DOCUMENTS "P0110" "several-documents" ERROR;
    MERGE_KEY "P0111" "merge-key" ERROR;
    RECURSIVE_ALIAS "P0112" "recursive-alias" ERROR;
    TOO_LARGE "P0113" "too-large" ERROR;
    EMPTY_FILE "P0114" "empty-file" ERROR;
    UNSUPPORTED_TAG "P0115" "unsupported-tag" ERROR;
    MALFORMED_REFERENCE "P0116" "malformed-reference" ERROR;
    UNKNOWN_AGENT "P0117" "unknown-agent" ERROR;
    MALFORMED_SCHEMA "P0118" "malformed-schema" ERROR;
    SECRET_LITERAL "P0119" "secret-literal" DENY;
    MISPLACED_FILE "P0120" "misplaced-file" WARN;
    UNKNOWN_LINT "P0121" "unknown-lint" ERROR;
    NO_AGENTS "P0122" "no-agents" WARN;
    UNKNOWN_MODEL "P0201" "unknown-model" ERROR;
    MODEL_CONFIGURATION "P0202" "model-configuration" ERROR;
    TURNS_FILE "P0203" "turns-file" ERROR;
    UNPRICED_MODEL "P0204" "unpriced-model" ERROR;
    UNSUPPORTED_GENERATION "P0205" "unsupported-generation" WARN;
    UNREACHABLE_SERVER "P0301" "unreachable-server" ERROR;
    MALFORMED_SERVER "P0302" "malformed-server" ERROR;
    ALIAS_NEEDED "P0303" "alias-needed" ERROR;
    TOOL_NAME_CLASH "P0304" "tool-name-clash" ERROR;
    BROKEN_SERVER "P0305" "broken-server" ERROR;
    MISSING_PROGRAM "P0306" "missing-program" ERROR;
    DELEGATION_CYCLE "P0307" "delegation-cycle" ERROR;
    UNKNOWN_PACKAGE "P0308" "unknown-package" ERROR;
    CREDENTIAL_NEEDED "P0309" "credential-needed" ERROR;
    TAMPERED_PACKAGE "P0310" "tampered-package" ERROR;
    UNKNOWN_SERVER_TOOL "P0311" "unknown-server-tool" ERROR;
    DESTRUCTIVE_READ "P0312" "destructive-read" ERROR;
    LEFT_OUT_TOOL "P0313" "left-out-tool" WARN;
    NO_TOOLS_LEFT "P0314" "no-tools-left" ERROR;
    NO_DIRECTORY "P0315" "no-directory" WARN;
    UNPINNED_PACKAGE "P0316" "unpinned-package" WARN;
    DIFFERENT_OFFERS "P0317" "different-offers" ERROR;
    UNUSABLE_SCHEMA "P0318" "unusable-schema" ERROR;
    UNDECLARED_ACCOUNT "P0401" "undeclared-account" ERROR;
    MALFORMED_PRINCIPAL "P0402" "malformed-principal" ERROR;
    PRINCIPAL_NOT_ALLOWED "P0403" "principal-not-allowed" ERROR;
    DUPLICATE_ENTRY "P0404" "duplicate-entry" ERROR;
    UNUSED_GRANT "P0405" "unused-grant" WARN;
    UNKNOWN_GRANTED_TOOL "P0406" "unknown-granted-tool" ERROR;
    AUTHENTICATION_SOURCE "P0407" "authentication-source" ERROR;
    LOOP_AS_AGENT "P0408" "loop-as-agent" ERROR;
    UNUSED_CREDENTIAL "P0410" "unused-credential" WARN;
    ACL_WIDENED "P0411" "acl-widened" WARN;
    UNGRANTED_READ "P0412" "ungranted-read" ALLOW;
    LOOP_NOT_ADMITTED "P0413" "loop-not-admitted" DENY;
    UNGRANTED_WRITE "P0414" "ungranted-write" WARN;
    MISSING_CREDENTIAL "P0415" "missing-credential" WARN;
    OPEN_AGENT "P0416" "open-agent" ALLOW;
    UNREACHED_GRANT "P0417" "unreached-grant" WARN;
    UNUSABLE_TOOL "P0418" "unusable-tool" WARN;
    CREDENTIAL_KIND "P0419" "credential-kind" ERROR;
    UNUSABLE_CREDENTIAL "P0420" "unusable-credential" WARN;
    UNDELIVERED_GROUP "P0421" "undelivered-group" WARN;
    PLAIN_HTTP_CREDENTIAL "P0422" "plain-http-credential" WARN;
    UNKNOWN_TOOL "P0501" "unknown-tool" ERROR;
    MALFORMED_TOOL_ENTRY "P0503" "malformed-tool-entry" ERROR;
    KEY_NOT_APPLICABLE "P0504" "key-not-applicable" ERROR;
    MALFORMED_NET "P0505" "malformed-net" ERROR;
    ENV_WITHOUT_NET "P0506" "env-without-net" ERROR;
    OPEN_EGRESS "P0507" "open-egress" WARN;
    NOT_BUILDABLE_YET "P0510" "not-buildable-yet" ERROR;
    TOOL_SYNTAX "P0511" "tool-syntax" ERROR;
    UNRESOLVED_IMPORT "P0512" "unresolved-import" ERROR;
    NODE_BUILTIN "P0513" "node-builtin" ERROR;
    MISSING_EXPORT "P0514" "missing-export" ERROR;
    NO_TOOL "P0515" "no-tool" ERROR;
    TOOL_DEFINITION "P0516" "tool-definition" ERROR;
    TOOL_NAME "P0517" "tool-name" ERROR;
    DYNAMIC_IMPORT "P0518" "dynamic-import" ERROR;
    UNSUPPORTED_SYNTAX "P0519" "unsupported-syntax" ERROR;
    TOOL_FAILS_TO_LOAD "P0520" "tool-fails-to-load" ERROR;
    IMPORT_OUTSIDE "P0521" "import-outside" ERROR;
    NOT_BUNDLED "P0522" "not-bundled" ERROR;
    TYPE_ERROR "P0523" "type-error" ERROR;
    MALFORMED_SCHEDULE "P0601" "malformed-schedule" ERROR;
    UNSUPPORTED_SCHEDULE "P0602" "unsupported-schedule" ERROR;
    UNKNOWN_TIMEZONE "P0603" "unknown-timezone" ERROR;
    NEVER_FIRES "P0604" "never-fires" WARN;
    BOTH_DAY_FIELDS "P0605" "both-day-fields" WARN;
    MALFORMED_SKILL "P0701" "malformed-skill" ERROR;
    UNKNOWN_SKILL "P0702" "unknown-skill" ERROR;
    SKILL_FRONT_MATTER "P0703" "skill-front-matter" ERROR;
    MALFORMED_LOCK "P0801" "malformed-lock" ERROR;
    LOCK_VERSION "P0802" "lock-version" ERROR;
    NOT_PINNED "P0803" "not-pinned" ERROR;
    SERVER_DRIFT "P0804" "server-drift" WARN;
    PIN_NOT_COMPARED "P0805" "pin-not-compared" WARN;
    OUTDATED_PIN "P0806" "outdated-pin" ERROR;
}

impl Code {
    /// The rule with this id (`P0201`, any case) or slug (`unknown-model`).
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|code| code.id.eq_ignore_ascii_case(name) || code.slug == name)
    }
}

impl Level {
    /// The word used under `lints:`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}
