//! Where and how a server listens: `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`, `DRAIN_TIMEOUT`, `TLS_CERT_FILE`, `TLS_KEY_FILE`, `CORS_ORIGINS`, `RATE_LIMIT`,
//! `FAILED_CREDENTIALS`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::{put, wrong};
use crate::environment::Environment;
use crate::serve::{Origins, Rate, ServeSettings, TlsFiles};
use crate::setup::SetupError;

/// The longest time to drain: who needs more has an agent that should be a job of its own.
const LONGEST_DRAIN: Duration = Duration::from_hours(1);

/// Where and how a server listens.
///
/// # Errors
/// Values are wrong; all that are, in one.
pub fn serve_settings(environment: &Environment) -> Result<ServeSettings, SetupError> {
    let mut errors = Vec::new();
    let mut settings = ServeSettings::default();
    put(&mut settings.host, read(environment, "HOST", parse_host), &mut errors);
    put(&mut settings.port, read(environment, "PORT", parse_port), &mut errors);
    put(&mut settings.admin, admin(environment, settings.host).map(Some), &mut errors);
    put(&mut settings.drain, read(environment, "DRAIN_TIMEOUT", parse_drain), &mut errors);
    put(&mut settings.origins, read(environment, "CORS_ORIGINS", parse_origins), &mut errors);
    put(&mut settings.rate, read(environment, "RATE_LIMIT", parse_limit), &mut errors);
    put(&mut settings.failures, read(environment, "FAILED_CREDENTIALS", parse_limit), &mut errors);
    put(&mut settings.tls, tls(environment).map(Some), &mut errors);
    // Where one of them is wrong, nobody knows where the listeners would be.
    if errors.is_empty() {
        errors.extend(apart(&settings).err());
    }
    SetupError::all(errors).map_or(Ok(settings), Err)
}

/// What a variable says, if it is set.
fn read<T>(
    environment: &Environment,
    name: &str,
    parse: impl FnOnce(&str, &str) -> Result<T, SetupError>,
) -> Result<Option<T>, SetupError> {
    environment.text(name)?.map(|text| parse(name, text)).transpose()
}

fn admin(environment: &Environment, host: IpAddr) -> Result<Option<SocketAddr>, SetupError> {
    let (own, port) =
        SetupError::both(read(environment, "ADMIN_HOST", parse_host), read(environment, "ADMIN_PORT", parse_port))?;
    match port {
        Some(port) => Ok(Some(SocketAddr::new(own.unwrap_or(host), port))),
        None if own.is_some() => {
            Err(SetupError::new("`ADMIN_HOST` is set, and `ADMIN_PORT` is not", "set both, or neither"))
        }
        None => Ok(None),
    }
}

/// Two listeners cannot have one port, unless each has another address of the machine.
fn apart(settings: &ServeSettings) -> Result<(), SetupError> {
    let Some(admin) = settings.admin.filter(|admin| admin.port() == settings.port && settings.port != 0) else {
        return Ok(());
    };
    // `::` takes the addresses of IPv4, too.
    let covers = |all: IpAddr, one: IpAddr| all.is_unspecified() && (all.is_ipv6() || one.is_ipv4());
    let (own, other) = (settings.host, admin.ip());
    if own != other && !covers(own, other) && !covers(other, own) {
        return Ok(());
    }
    Err(SetupError::new(
        format!("`PORT` and `ADMIN_PORT` are both {}", settings.port),
        "set ADMIN_PORT to another port, or leave it out: metrics and traces are then at PORT",
    ))
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

fn parse_drain(name: &str, text: &str) -> Result<Duration, SetupError> {
    let drain = parse_duration(text).filter(|drain| *drain <= LONGEST_DRAIN);
    drain.ok_or_else(|| {
        let number = text.trim();
        if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
            let help = format!("add the unit that is meant, such as `{number}ms`: a bare number is in seconds");
            return wrong(name, text, "is over an hour in seconds", &help);
        }
        wrong(name, text, "is no duration of at most an hour", "set it to one such as 25s or 2m")
    })
}

fn parse_origins(name: &str, text: &str) -> Result<Origins, SetupError> {
    Origins::parse(text).map_err(|part| {
        let help = "list origins such as `https://app.example.com`, each by its name, with commas between";
        wrong(name, &part, "is no origin", help)
    })
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
            ("DRAIN_TIMEOUT", "30000", "is over an hour in seconds", "add the unit that is meant, such as `30000ms`"),
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

    #[test]
    fn all_wrong_values_are_told_at_once() {
        let wrong = [("RATE_LIMIT", "5"), ("TLS_CERT_FILE", "c.pem"), ("ADMIN_HOST", "x"), ("ADMIN_PORT", "y")];
        let error = of(&wrong).unwrap_err();
        for name in ["`RATE_LIMIT`", "`TLS_KEY_FILE`", "`ADMIN_HOST`", "`ADMIN_PORT`"] {
            assert!(error.message.contains(name), "{name}: {error:?}");
        }
    }

    #[test]
    fn two_listeners_have_two_addresses() {
        for (host, admin, are_apart) in [
            ("127.0.0.1", "127.0.0.1", false),
            ("0.0.0.0", "127.0.0.1", false),
            ("127.0.0.1", "::", false),
            ("0.0.0.0", "::1", true),
            ("127.0.0.1", "127.0.0.2", true),
        ] {
            let settings = of(&[("HOST", host), ("ADMIN_HOST", admin), ("PORT", "9"), ("ADMIN_PORT", "9")]);
            assert_eq!(settings.is_ok(), are_apart, "{host} {admin}: {settings:?}");
        }
        assert!(of(&[("PORT", "0"), ("ADMIN_PORT", "0")]).is_ok());
    }
}
