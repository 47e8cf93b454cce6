use std::{
    fmt,
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _},
    str::FromStr,
    time::Duration,
};

use erewhon_types::{Error, Kind, Result};
use url::{Host, Url};

/// Where a scheduler listens: `http://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

/// An address that a part listens at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(SocketAddr);

/// The port of a scheduler, where none is named.
const PORT: u16 = 50050;

/// How long a scheduler may take to answer at all.
const ANSWER: Duration = Duration::from_secs(5);

impl FromStr for Address {
    type Err = Error;

    /// # Errors
    /// Usage, when the text is no such address.
    fn from_str(text: &str) -> Result<Self> {
        let bad = || {
            Error::usage(format!("`{text}` is no address of a scheduler"))
                .with_hint("write for example http://127.0.0.1:50050")
        };
        let url = Url::parse(text).map_err(|_| bad())?;
        if url.scheme() != "http" || url.path() != "/" || url.query().is_some() {
            return Err(bad());
        }
        let host = match url.host().ok_or_else(bad)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(ip) => ip.to_string(),
            Host::Ipv6(ip) => format!("[{ip}]"),
        };
        // `port` is none for 80, which nobody means who leaves it out.
        let port = url.port().unwrap_or(PORT);
        Ok(Self { host, port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

impl Address {
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Whether anything listens there.
    ///
    /// # Errors
    /// Resource, when nothing does.
    pub(crate) fn check_answers(&self) -> Result<()> {
        let found = (self.host.trim_matches(['[', ']']), self.port).to_socket_addrs();
        let mut found = found.into_iter().flatten();
        if found.any(|at| TcpStream::connect_timeout(&at, ANSWER).is_ok()) {
            return Ok(());
        }
        Err(
            Error::new(Kind::Resource, format!("no scheduler answers at {self}")).with_hint(
                "start it with `erewhon cluster scheduler`, or see that this machine reaches it",
            ),
        )
    }
}

impl Listen {
    /// An address to listen at; one that other machines reach, only where `private` says that they are
    /// all ours.
    ///
    /// # Errors
    /// Usage, when others would reach it.
    pub fn at(address: SocketAddr, private: bool) -> Result<Self> {
        if private || address.ip().is_loopback() {
            return Ok(Self(address));
        }
        Err(Error::usage(format!(
            "at {address} other machines reach this part, which asks nobody for a password"
        ))
        .with_hint("add --private-network where no stranger is in that network: docs/scale.md"))
    }

    pub(crate) const fn address(self) -> SocketAddr {
        self.0
    }

    pub(crate) const fn ip(self) -> IpAddr {
        self.0.ip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for (text, shown) in [
            ("http://127.0.0.1:7000", "http://127.0.0.1:7000"),
            ("http://127.0.0.1:7000/", "http://127.0.0.1:7000"),
            ("http://scheduler", "http://scheduler:50050"),
            ("http://[::1]:9", "http://[::1]:9"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown);
        }
        for text in [
            "",
            "127.0.0.1:7000",
            "https://a:1",
            "http://a/b",
            "ftp://a",
            "http://",
        ] {
            let error = text.parse::<Address>().unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{text}");
        }
    }

    #[test]
    fn where_strangers_reach_it_nobody_listens_unasked() {
        let at = |text: &str, private| Listen::at(text.parse().unwrap(), private);
        for own in ["127.0.0.1:0", "[::1]:0", "127.8.8.8:1"] {
            assert!(at(own, false).is_ok(), "{own}");
        }
        for open in ["0.0.0.0:0", "[::]:0", "10.0.0.1:1", "192.168.1.1:1"] {
            let error = at(open, false).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{open}");
            assert!(error.hint().unwrap().contains("--private-network"));
            assert!(at(open, true).is_ok(), "{open}");
        }
    }

    #[test]
    fn a_scheduler_that_is_not_there_is_said_so() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let at = format!("http://{}", free.local_addr().unwrap());
        let address: Address = at.parse().unwrap();
        assert!(address.check_answers().is_ok());
        drop(free);
        let error = address.check_answers().unwrap_err();
        assert!(error.message().contains(&at), "{error}");
    }
}
