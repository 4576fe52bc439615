//! Where and how a server listens: `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`, `DRAIN_TIMEOUT`, `TLS_CERT_FILE`, `TLS_KEY_FILE`, `CORS_ORIGINS`, `RATE_LIMIT`,
//! `FAILED_CREDENTIALS`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::wrong;
use crate::environment::Environment;
use crate::serve::{Origins, Rate, ServeSettings, TlsFiles};
use crate::setup::SetupError;

/// The longest time to drain: who needs more has an agent that should be a job of its own.
const LONGEST_DRAIN: Duration = Duration::from_hours(1);

/// Where and how a server listens.
///
/// # Errors
/// A value is wrong.
pub fn serve_settings(environment: &Environment) -> Result<ServeSettings, SetupError> {
    let mut settings = ServeSettings::default();
    if let Some(host) = environment.text("HOST")? {
        settings.host = parse_host("HOST", host)?;
    }
    if let Some(port) = environment.text("PORT")? {
        settings.port = parse_port("PORT", port)?;
    }
    settings.admin = admin(environment, settings.host)?;
    if let Some(drain) = environment.text("DRAIN_TIMEOUT")? {
        settings.drain = parse_duration(drain).filter(|drain| *drain <= LONGEST_DRAIN).ok_or_else(|| {
            wrong("DRAIN_TIMEOUT", drain, "is no duration of at most an hour", "set it to one such as 25s or 2m")
        })?;
    }
    if let Some(origins) = environment.text("CORS_ORIGINS")? {
        settings.origins = Origins::parse(origins).map_err(|part| {
            let help = "list origins such as `https://app.example.com`, each by its name, with commas between";
            wrong("CORS_ORIGINS", &part, "is no origin", help)
        })?;
    }
    if let Some(rate) = environment.text("RATE_LIMIT")? {
        settings.rate = parse_limit("RATE_LIMIT", rate)?;
    }
    if let Some(rate) = environment.text("FAILED_CREDENTIALS")? {
        settings.failures = parse_limit("FAILED_CREDENTIALS", rate)?;
    }
    settings.tls = tls(environment)?;
    Ok(settings)
}

fn admin(environment: &Environment, host: IpAddr) -> Result<Option<SocketAddr>, SetupError> {
    let own = environment.text("ADMIN_HOST")?.map(|host| parse_host("ADMIN_HOST", host)).transpose()?;
    match environment.text("ADMIN_PORT")? {
        Some(port) => Ok(Some(SocketAddr::new(own.unwrap_or(host), parse_port("ADMIN_PORT", port)?))),
        None if own.is_some() => {
            Err(SetupError::new("`ADMIN_HOST` is set, and `ADMIN_PORT` is not", "set both, or neither"))
        }
        None => Ok(None),
    }
}

fn tls(environment: &Environment) -> Result<Option<TlsFiles>, SetupError> {
    let lacks = |name: &str, other: &str| {
        SetupError::new(format!("`{other}` is set, and `{name}` is not"), "set both to speak TLS, or neither")
    };
    match (environment.text("TLS_CERT_FILE")?, environment.text("TLS_KEY_FILE")?) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            Ok(Some(TlsFiles { certificate: PathBuf::from(certificate), key: PathBuf::from(key) }))
        }
        (Some(_), None) => Err(lacks("TLS_KEY_FILE", "TLS_CERT_FILE")),
        (None, Some(_)) => Err(lacks("TLS_CERT_FILE", "TLS_KEY_FILE")),
    }
}

/// `10/s`, `600/m`, `5000/h`, or `none`.
fn parse_limit(name: &str, text: &str) -> Result<Option<Rate>, SetupError> {
    let rate = || {
        let (count, per) = text.trim().split_once('/')?;
        let per = match per {
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            _ => return None,
        };
        Some(Rate { count: count.parse().ok()?, per })
    };
    match text.trim() {
        "none" => Ok(None),
        _ => rate().map(Some).ok_or_else(|| {
            wrong(
                name,
                text,
                "is no rate",
                "set it to so many a second, minute or hour, such as `10/s` or `600/m`, or to `none`",
            )
        }),
    }
}

fn parse_host(name: &str, text: &str) -> Result<IpAddr, SetupError> {
    match text.trim() {
        "localhost" => Ok(Ipv4Addr::LOCALHOST.into()),
        text => {
            let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
            bare.parse().map_err(|_| {
                let help = "set it to 127.0.0.1 for this machine alone, 0.0.0.0 for all its addresses, or one of them";
                wrong(name, text, "is no IP address", help)
            })
        }
    }
}

fn parse_port(name: &str, text: &str) -> Result<u16, SetupError> {
    let help = "set it to a number from 1 to 65535, or to 0 for any port that is free";
    text.trim().parse().map_err(|_| wrong(name, text, "is no port", help))
}

/// `500ms`, `25s`, `2m`, `1h`; a bare number is in seconds.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(split)?;
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::VARIABLES;

    fn of(pairs: &[(&str, &str)]) -> Result<ServeSettings, SetupError> {
        serve_settings(&Environment::from_pairs(pairs.iter().copied()))
    }

    #[test]
    fn the_defaults_are_the_tables() {
        let settings = of(&[]).unwrap();
        let default = |name: &str| VARIABLES.iter().find(|variable| variable.name == name).unwrap().default;
        assert_eq!(settings.host.to_string(), default("HOST"));
        assert_eq!(settings.port.to_string(), default("PORT"));
        assert_eq!(Some(settings.drain), parse_duration(default("DRAIN_TIMEOUT")));
        assert_eq!(Ok(settings.failures), parse_limit("", default("FAILED_CREDENTIALS")));
        assert_eq!((settings.rate, settings.tls, settings.origins), (None, None, Origins::default()));
    }

    #[test]
    fn values_are_read() {
        let settings = of(&[("HOST", "[::1]"), ("PORT", "0"), ("DRAIN_TIMEOUT", "1500ms")]).unwrap();
        assert_eq!((settings.host.to_string().as_str(), settings.port), ("::1", 0));
        assert_eq!(settings.drain, Duration::from_millis(1_500));
        assert_eq!(of(&[("HOST", "localhost")]).unwrap().host.to_string(), "127.0.0.1");
        for (text, seconds) in [("0", 0), ("25", 25), ("2m", 120), ("1h", 3_600)] {
            assert_eq!(parse_duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        let admin = |pairs: &[(&str, &str)]| of(pairs).map(|settings| settings.admin);
        let at = |address: &str| Ok(Some(address.parse().unwrap()));
        assert_eq!((admin(&[]), admin(&[("ADMIN_PORT", "9")])), (Ok(None), at("127.0.0.1:9")));
        assert_eq!(admin(&[("HOST", "0.0.0.0"), ("ADMIN_PORT", "9")]), at("0.0.0.0:9"));
        assert_eq!(admin(&[("HOST", "0.0.0.0"), ("ADMIN_PORT", "9"), ("ADMIN_HOST", "::1")]), at("[::1]:9"));
        assert!(admin(&[("ADMIN_HOST", "::1")]).unwrap_err().message.contains("`ADMIN_PORT` is not"));
        let rate = of(&[("RATE_LIMIT", "600/m")]).unwrap().rate.unwrap();
        assert_eq!((rate.count.get(), rate.per), (600, Duration::from_mins(1)));
        assert_eq!(of(&[("FAILED_CREDENTIALS", "none")]).unwrap().failures, None);
        let tls = of(&[("TLS_CERT_FILE", "/tls/tls.crt"), ("TLS_KEY_FILE", "/tls/tls.key")]).unwrap().tls.unwrap();
        assert_eq!(tls.key.to_str(), Some("/tls/tls.key"));
    }

    #[test]
    fn wrong_values_say_what_is_right() {
        for (name, value, what, help) in [
            ("HOST", "example.com", "is no IP address", "127.0.0.1"),
            ("PORT", "80a", "is no port", "1 to 65535"),
            ("PORT", "65536", "is no port", "1 to 65535"),
            ("PORT", "-1", "is no port", "1 to 65535"),
            ("ADMIN_PORT", "http", "is no port", "1 to 65535"),
            ("DRAIN_TIMEOUT", "soon", "is no duration", "25s"),
            ("DRAIN_TIMEOUT", "2h", "is no duration of at most an hour", "25s"),
            ("DRAIN_TIMEOUT", "99999999999999999999h", "is no duration", "25s"),
            ("RATE_LIMIT", "0/s", "is no rate", "`600/m`"),
            ("RATE_LIMIT", "10", "is no rate", "`600/m`"),
            ("FAILED_CREDENTIALS", "10/d", "is no rate", "`none`"),
            ("CORS_ORIGINS", "*", "is no origin", "each by its name"),
        ] {
            let error = of(&[(name, value)]).unwrap_err();
            assert!(error.message.starts_with(&format!("the variable `{name}` is `{value}`, which ")), "{error:?}");
            assert!(error.message.contains(what) && error.help.contains(help), "{error:?}");
        }
        let error = of(&[("TLS_CERT_FILE", "/tls/tls.crt")]).unwrap_err();
        assert_eq!(error.message, "`TLS_CERT_FILE` is set, and `TLS_KEY_FILE` is not");
    }
}
