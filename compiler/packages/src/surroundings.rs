//! The environment of the registries' clients: where the user keeps files, proxies, certificates, and how the clients are
//! configured. Nothing else: what makes Node.js or Python run code of somebody's choice (`NODE_OPTIONS`, `PYTHONPATH`, …) stays outside.

use std::process::Command;

use crate::settings::Settings;

/// Passed as they are.
const PASSED: &[&str] = &[
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_DATA_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "NETRC",
    // Which Python `python3` is, where pyenv says so.
    "PYENV_ROOT",
    "PYENV_VERSION",
    // What `.npmrc` files refer to by `${…}`.
    "NPM_TOKEN",
    "NODE_AUTH_TOKEN",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_TRUSTED_HOST",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_PROXY",
    "PIP_CACHE_DIR",
    "PIP_NO_CACHE_DIR",
    "PIP_CONFIG_FILE",
    "PIP_TIMEOUT",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_RETRIES",
    "PIP_KEYRING_PROVIDER",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_CACHE_DIR",
    "UV_NO_CACHE",
    "UV_CONFIG_FILE",
    "UV_INSECURE_HOST",
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
    "UV_HTTP_TIMEOUT",
    "UV_KEYRING_PROVIDER",
    "UV_OFFLINE",
];

/// Of `npm_config_<name>`, these; other names reach programs and scripts. Names of scopes and hosts have a `:`.
const NPM: &[&str] = &[
    "registry",
    "proxy",
    "https_proxy",
    "noproxy",
    "ca",
    "cafile",
    "strict_ssl",
    "cache",
    "userconfig",
    "globalconfig",
    "fetch_retries",
    "fetch_timeout",
    "maxsockets",
    "offline",
    "prefer_offline",
];

/// Gives `command` the environment of a client, and no other.
pub(crate) fn set(command: &mut Command, settings: &Settings) {
    command.env_clear();
    for (name, value) in std::env::vars_os() {
        if name.to_str().is_some_and(is_passed) {
            command.env(name, value);
        }
    }
    command.env("PIP_NO_INPUT", "1").env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env("PIP_REQUIRE_VIRTUALENV", "0");
    // Messages are told apart by their words.
    command.env("PYTHONUTF8", "1").env("PYTHONDONTWRITEBYTECODE", "1").env("PIP_NO_COLOR", "1").env("NO_COLOR", "1");
    command.envs(settings.variables.iter().map(|(name, value)| (name, value)));
}

fn is_passed(name: &str) -> bool {
    if PASSED.contains(&name) || name.starts_with("UV_INDEX") {
        return true;
    }
    let lower = name.to_ascii_lowercase();
    lower
        .strip_prefix("npm_config_")
        .is_some_and(|key| key.contains(':') || NPM.contains(&key.replace('-', "_").as_str()))
}

#[cfg(test)]
mod tests {
    use super::is_passed;

    #[test]
    fn configuration_passes_and_code_does_not() {
        for name in ["PATH", "npm_config_registry", "NPM_CONFIG_CACHE", "npm_config_@a:registry", "UV_INDEX_A_PASSWORD"]
        {
            assert!(is_passed(name), "{name}");
        }
        for name in [
            "NODE_OPTIONS",
            "NODE_PATH",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "LD_PRELOAD",
            "BASH_ENV",
            "npm_config_git",
            "npm_config_script_shell",
            "npm_config_node_options",
            "npm_config_ignore_scripts",
            "PIP_PYTHON",
            "PIP_TARGET",
            "GOOGLE_API_KEY",
        ] {
            assert!(!is_passed(name), "{name}");
        }
    }
}
